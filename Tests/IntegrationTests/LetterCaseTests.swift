import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Names in another case than their folder lists them in, over shares that ignore case and others.
    @Suite struct LetterCaseTests {
        private let area = Area.current
        private let truth: String

        init() throws {
            truth = try area.makeDirectory("truth")
        }

        private func served(_ more: String...) throws -> RunningSlowShare { try served(more) }

        private func served(_ more: [String]) throws -> RunningSlowShare {
            try RunningSlowShare(area, directory: truth, more: more)
        }

        private func options(_ consistency: String) -> RunningView.Options {
            consistency == "strict" ? .strict : .eventual(propagation: "20ms")
        }

        private func names(_ path: String) throws -> [String] {
            try Calls.names(path).map(\.printable).sorted()
        }

        private func text(_ path: String) throws -> String {
            String(decoding: try Calls.contents(path), as: UTF8.self)
        }

        private func append(_ text: String, to path: String, _ flags: Int32 = 0) throws {
            let file = try Calls.open(path, O_WRONLY | O_APPEND | flags)
            _ = try file.append(Array(text.utf8))
        }

        @Test(arguments: ["eventual", "strict"], [true, false])
        func otherSpellingsAreFoundAsOnTheMount(consistency: String, isListed: Bool) throws {
            let share = try served("--ignore-case")
            let view = try RunningView(area, share: share.path, .init(consistency: consistency))
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            try TestLibrary.file("\(truth)/Case.TXT", Array("1".utf8))
            try view.guarded("use") {
                if isListed { #expect(try names(view.path) == ["Case.TXT"]) }
                #expect(try text(inView("case.txt")) == "1")
                try append("2", to: inView("CASE.txt"))
                try append("3", to: inView("cASE.txt"), O_CREAT)
                #expect(try text(inView("Case.TXT")) == "123")
                let makers: [(String) throws -> Void] = [
                    { _ = try Calls.open($0, O_WRONLY | O_CREAT | O_EXCL) },
                    { try Calls.makeDirectory($0) },
                    { try Calls.symbolicLink("x", at: $0) },
                    { try Calls.makeFIFO($0) },
                    { try Calls.link(inView("Case.TXT"), to: $0) },
                ]
                for (number, make) in makers.enumerated() {
                    #expect(throws: Errno.exists, "\(number)") { try make(inView("case.TXT")) }
                }
                try waitUntil("it is one name", isTrue: { try names(view.path) == ["Case.TXT"] })

                // Replaced, by whichever spelling.
                try Calls.write([7], to: inView("B.TXT"))
                try Calls.rename(inView("CASE.TXT"), to: inView("b.txt"))
                #expect(try names(view.path) == names(truth) && names(truth).count == 1)
                #expect(try text(inView("B.txt")) == "123")
                try waitUntil("its old name is gone", isTrue: { !Calls.exists(inView("Case.TXT")) })
                try Calls.unlink(inView("b.TXT"))
                #expect(try names(view.path) == [] && names(truth) == [])
                for name in ["B.TXT", "b.txt", "b.TXT"] {
                    try waitUntil("\(name) is gone", isTrue: { !Calls.exists(inView(name)) })
                }
            }
        }

        @Test(arguments: ["eventual", "strict"], [[], ["--number-names"]])
        func foldersAreEnteredByAnySpelling(consistency: String, more: [String]) throws {
            let share = try served(["--ignore-case"] + more)
            let view = try RunningView(area, share: share.path, .init(consistency: consistency))
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            try view.guarded("use") {
                try Calls.makeDirectory(inView("Folder"))
                try Calls.write([1], to: inView("folder/File"))
                #expect(try Calls.contents(inView("FOLDER/fILE")) == [1])
                #expect(throws: Errno.notEmpty) { try Calls.removeDirectory(inView("FOLDER")) }
                try Calls.rename(inView("folder/FILE"), to: inView("FOLDER/Other"))
                #expect(try names(inView("fOLDER")) == ["Other"])
                try Calls.unlink(inView("Folder/OTHER"))
                try Calls.removeDirectory(inView("folder"))
                #expect(try names(view.path) == [] && names(truth) == [])
                // Umlauts too.
                try Calls.write([2], to: inView("Ärger"))
                #expect(try Calls.contents(inView("äRGER")) == [2])
                try Calls.unlink(inView("ärger"))
                #expect(try names(truth) == [])
            }
        }

        /// The client of SMB takes each spelling for a file of its own once a folder was asked for in another case, with a number and
        /// with times that it remembers apart.
        @Test(arguments: ["eventual", "strict"])
        func spellingsThatHaveNumbersOfTheirOwnAreOneFile(consistency: String) throws {
            let share = try served(
                "--ignore-case", "--number-names", "--attribute-timeout", "1000s",
                "--entry-timeout", "2s")
            let view = try RunningView(area, share: share.path, .init(consistency: consistency))
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            let others = ["case.txt", "Case.txt", "cASE.TXT", "CASE.txt"]
            try view.guarded("use") {
                try Calls.write(Array("1".utf8), to: inView("Case.TXT"))
                // What the share's client remembers of each is older than what is done next.
                for name in others { _ = try Calls.status("\(share.path)/\(name)") }
                try Calls.write(Array("2".utf8), to: inView("Case.TXT"))
                #expect(try text(inView("case.txt")) == "2")
                try append("3", to: inView("case.txt"))
                #expect(try text(inView("Case.TXT")) == "23")
                #expect(try Set(others.map { try Calls.status(inView($0)).st_ino }).count == 1)
                try Calls.unlink(inView("CASE.txt"))
                #expect(try names(view.path) == [] && names(truth) == [])
                for name in ["Case.TXT"] + others {
                    try waitUntil("\(name) is gone", isTrue: { !Calls.exists(inView(name)) })
                }
            }
        }

        /// What is open may be neither removed nor renamed, as SMB has it.
        @Test func whatWasJustUsedIsLetGoByAnySpelling() throws {
            let share = try served("--ignore-case", "--share-modes")
            let view = try RunningView(area, share: share.path)
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            let spellings = [("Latin", "LATIN", "lATIN"), ("Ärger", "äRGER", "ärger")]
            try view.guarded("use") {
                for round in 0..<8 {
                    for (made, read, removed) in spellings {
                        try Calls.write([1], to: inView(made))
                        #expect(try Calls.contents(inView(read)) == [1])
                        #expect(throws: Never.self, "\(round)") {
                            try Calls.unlink(inView(removed))
                        }
                    }
                }
                #expect(try names(truth) == [])
            }
        }

        /// The kernel may remember that there was no such name.
        @Test func aNameThatIsMadeIsThereByAnySpelling() throws {
            let share = try served("--ignore-case")
            let view = try RunningView(area, share: share.path)
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            try view.guarded("use") {
                for name in ["FILE", "FOLDER", "MOVED", "LINK"] {
                    #expect(!Calls.exists(inView(name)))
                }
                // What was looked up in vain is remembered beyond a listing.
                #expect(try names(view.path) == [])
                try Calls.write([1], to: inView("file"))
                try Calls.makeDirectory(inView("folder"))
                try Calls.symbolicLink("file", at: inView("link"))
                try Calls.write([2], to: inView("other"))
                try Calls.rename(inView("other"), to: inView("moved"))
                for name in ["FILE", "FOLDER", "MOVED", "LINK"] {
                    // Not by its age, which is five seconds.
                    try waitUntil("\(name) is there", within: 3) {
                        Calls.exists(inView(name)) ? () : nil
                    }
                }
            }
        }

        @Test func otherSpellingsAreKnownWithoutTheShare() throws {
            let share = try served("--ignore-case")
            var options = RunningView.Options()
            options.timeout = "1s"
            let view = try RunningView(area, share: share.path, options)
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            for folder in ["Asked", "Other"] {
                try Calls.makeDirectory("\(truth)/\(folder)")
                try TestLibrary.file("\(truth)/\(folder)/File", Array("text".utf8))
            }
            func look() throws {
                for name in ["asked/file", "ASKED/FILE", "other/file"] {
                    #expect(try text(inView(name)) == "text", "\(name)")
                }
                #expect(!Calls.exists(inView("asked/files")))
            }
            try view.guarded("look") {
                for folder in ["", "Asked", "Other"] { _ = try names(inView(folder)) }
                #expect(try text(inView("Other/File")) == "text")
                #expect(try text(inView("asked/file")) == "text")
            }
            try view.waitForDisk()
            try view.restart(options)
            try view.guarded("look") { try look() }
            try view.stop()
            _ = try share.control("hang")
            try view.start(options)
            try view.guarded("look") { try look() }
            _ = try share.control("resume")
            try view.guarded("look") {
                try waitUntil("it is back") {
                    (try? Calls.write([1], to: inView("OTHER/new"))) != nil ? () : nil
                }
            }
        }

        /// Others name it anew, on the share itself.
        @Test(arguments: ["eventual", "strict"])
        func aSpellingThatIsChangedElsewhereIsSeen(consistency: String) throws {
            let share = try served("--ignore-case")
            let view = try RunningView(
                area, share: share.path, options(consistency))
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            try TestLibrary.file("\(truth)/Name", [1])
            try view.guarded("look") {
                // Found before it is listed.
                #expect(try Calls.contents(inView("nAME")) == [1])
                try waitUntil("it is listed", isTrue: { try names(view.path) == ["Name"] })
                let open = try Calls.open(inView("name"), O_RDWR)
                try Calls.rename("\(truth)/Name", to: "\(truth)/NAME")
                try waitUntil("it is listed anew", isTrue: { try names(view.path) == ["NAME"] })
                #expect(try Calls.contents(inView("name")) == [1])
                _ = try open.write([2], at: 0)
                #expect(try Calls.contents(inView("Name")) == [2])
                #expect(try Calls.contents("\(truth)/NAME") == [2])
                try Calls.unlink("\(truth)/NAME")
                try waitUntil("it is gone", isTrue: { !Calls.exists(inView("name")) })
                #expect(try names(view.path) == [])
            }
        }

        /// What is alike but for the case are two files where case counts.
        @Test(arguments: ["eventual", "strict"], [true, false])
        func whereCaseCountsThereAreTwo(consistency: String, isFar: Bool) throws {
            try TestLibrary.file("\(truth)/name", [1])
            let share = isFar ? try served().path : truth
            let view = try RunningView(
                area, share: share, options(consistency))
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            try view.guarded("use") {
                #expect(try names(view.path) == ["name"])
                for spelling in ["NAME", "Name"] {
                    #expect(throws: Errno.noSuchFile) { try Calls.status(inView(spelling)) }
                }
                try Calls.write([2], to: inView("Name"))
                #expect(try Calls.contents(inView("name")) == [1])
                try Calls.link(inView("Name"), to: inView("NAME"))
                try Calls.unlink(inView("Name"))
                #expect(try Calls.contents(inView("NAME")) == [2])
                #expect(try Calls.contents(inView("name")) == [1])
                #expect(try names(view.path) == ["NAME", "name"])
                try Calls.unlink(inView("NAME"))
                // By others, as it would be found where case is ignored.
                try Calls.rename("\(truth)/name", to: "\(truth)/nAME")
                try waitUntil("it is seen", isTrue: { Calls.exists(inView("nAME")) })
                try waitUntil("its name is gone", isTrue: { !Calls.exists(inView("name")) })
                #expect(throws: Errno.noSuchFile) { try Calls.status(inView("NAME")) }
                #expect(try names(view.path) == ["nAME"])
            }
        }
    }
}

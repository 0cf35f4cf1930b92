import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What a view keeps open on the share is what people have open, and for a moment some of what they had.
    @Suite struct LettingGoTests {
        private let area = Area.current

        /// Files and folders of the share that the daemon has open, the share's root apart.
        private func opened(_ view: RunningView) -> [String] {
            let process = "/proc/\(view.process.pid)/fd"
            let links = ((try? Calls.names(process)) ?? []).compactMap { number in
                try? Calls.linkTarget("\(process)/\(String(decoding: number, as: UTF8.self))")
            }
            return links.map { String(decoding: $0, as: UTF8.self) }
                .filter { $0.hasPrefix(view.share + "/") }
        }

        private func waitUntilOpen(
            _ view: RunningView, _ what: String, _ condition: ([String]) -> Bool
        ) throws {
            var found: [String] = []
            try waitUntil("\(what)") {
                found = opened(view)
                return condition(found)
            }
        }

        @Test func filesAndFoldersThatWereReadAreLetGo() throws {
            let share = try area.makeDirectory("share")
            let files = (0..<150).map { "\($0)/file" }
            for file in files {
                try Calls.makeDirectory("\(share)/\(file.dropLast(5))")
                try TestLibrary.file("\(share)/\(file)", Array(file.utf8))
            }
            let view = try RunningView(area, share: share)
            try view.guarded("read \(files.count) files") {
                for file in files {
                    let bytes = try Calls.contents("\(view.path)/\(file)")
                    #expect(bytes == Array(file.utf8))
                }
            }
            try waitUntilOpen(view, "no file is open, and some dozens of folders at most") {
                $0.count <= 48 && !$0.contains { $0.hasSuffix("/file") }
            }
            try view.stop()
        }

        /// Deleted by another machine: its space is free as soon as nobody reads it here.
        @Test func aFileThatIsDeletedElsewhereIsLetGoByItsLastReader() throws {
            let share = try area.makeDirectory("share")
            var generator = SplitMix(seed: TestRun.seed)
            let film = generator.content(24 << 20, compressible: false)
            for name in ["open", "closed"] { try TestLibrary.file("\(share)/\(name)", film) }
            let view = try RunningView(area, share: share)
            try view.guarded("read and delete") {
                let reader = try Calls.open("\(view.path)/open", O_RDONLY)
                let head = try reader.read(at: 0, 4096)
                #expect(head == Array(film[..<4096]))
                _ = try Calls.contents("\(view.path)/closed")
                for name in ["open", "closed"] { try Calls.unlink("\(share)/\(name)") }
                try waitUntilOpen(view, "what nobody reads is closed") {
                    !$0.contains("\(share)/closed (deleted)")
                }
                // Whoever has it open reads on, as on the share itself.
                #expect(opened(view).contains("\(share)/open (deleted)"))
                let at = 20 << 20
                let rest = try reader.read(at: Int64(at), 4096)
                #expect(rest == Array(film[at..<at + 4096]))
            }
            try waitUntilOpen(view, "its last reader has closed it") {
                !$0.contains { $0.hasSuffix("(deleted)") }
            }
            try view.stop()
        }

        /// sshfs gives what is deleted while it is open another name, in the folder that is to be removed.
        @Test(.needs("sshfs", "sshd", "ssh-keygen"), .timeLimit(.minutes(2)))
        func whatWasJustReadOrWrittenCanBeRemovedWithItsFolder() throws {
            let truth = try area.makeDirectory("truth")
            let server = try RunningSFTPServer(area, directory: truth)
            try server.mount(reconnect: false)
            let view = try RunningView(area, share: server.path)
            let folder = "\(view.path)/folder"
            let script = """
                mkdir -p \(folder)/in; for k in f g h i; do echo $k > \(folder)/in/$k; done
                cat \(folder)/in/* > /dev/null; echo new > \(folder)/in/new
                mv \(folder)/in/new \(folder)/in/f; rm -rf \(folder)
                """
            for round in 0..<30 {
                let result = try area.run("/bin/sh", ["-c", script])
                #expect(result.isSuccess, "round \(round): \(result)")
                #expect(!Calls.exists("\(truth)/folder"), "round \(round)")
            }
            // On the share itself too, a moment after the last look through the view.
            try Calls.makeDirectory(folder)
            try Calls.write(Array("text".utf8), to: "\(folder)/file")
            #expect(try view.contents("folder/file") == Array("text".utf8))
            try waitUntilOpen(view, "the file is closed") { !$0.contains { $0.hasSuffix("/file") } }
            let result = try area.run("/bin/rm", ["-rf", "\(server.path)/folder"])
            #expect(result.isSuccess, "\(result)")
            try view.stop()
            try server.unmount()
        }

        /// What people do with files that they have just read or written, where the share's client hides open files (NFS) or its
        /// server refuses to touch them (SMB).
        @Test(
            .timeLimit(.minutes(2)),
            arguments: ["--silly-rename", "--share-modes"], ["eventual", "strict"])
        func nothingThatWasJustUsedIsInTheWay(manner: String, consistency: String) throws {
            let truth = try area.makeDirectory("truth")
            let nas = try RunningSlowShare(
                area, directory: truth, attributeTimeout: "1s", more: [manner])
            let view = try RunningView(
                area, share: nas.path, RunningView.Options(consistency: consistency))
            let script = """
                set -e; cd \(view.path)
                for i in 1 2 3 4; do
                    mkdir s; echo 1 > s/f; cat s/f > s/g; cat s/g > /dev/null; rm -r s
                    echo 1 > x; cat x > /dev/null; echo 2 > y; mv y x; test "$(cat x)" = 2
                    mv x z; echo 3 >> z; cat z > /dev/null; mv z x; rm x
                    mkdir -p d/in; echo 1 > d/in/f; cat d/in/f > /dev/null; mv d e; cat e/in/f > /dev/null
                    mv e/in in; cat in/f > /dev/null; mv in/f f; rm -r e in f
                done
                """
            let result = try area.run("/bin/sh", ["-c", script], within: 100)
            #expect(result.isSuccess, "\(result)")
            #expect(try Calls.names(truth).isEmpty)
            try view.stop()
        }

        /// A FUSE file system learns of a close late, and may hide for good what is closed: before such a name goes it is asked something, once.
        @Test(arguments: ["unlink", "rename"])
        func aShareIsAskedBeforeANameGoesOfWhatWasJustClosed(change: String) throws {
            let truth = try area.makeDirectory("truth")
            for name in ["read", "never", "other", "another"] {
                try Calls.write(Array(name.utf8), to: "\(truth)/\(name)")
            }
            let nas = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: nas.path)
            let asked = { try nas.statistics().operations["statfs", default: 0] }
            func take(_ name: String, by other: String) throws {
                try view.guarded(change) {
                    if change == "unlink" {
                        try Calls.unlink("\(view.path)/\(name)")
                    } else {
                        try Calls.rename("\(view.path)/\(other)", to: "\(view.path)/\(name)")
                    }
                }
            }
            #expect(try view.contents("read") == Array("read".utf8))
            let before = try asked()
            try take("read", by: "other")
            #expect(try asked() == before + 1)
            try take("never", by: "another")
            #expect(try asked() == before + 1, "nobody had it open")
            try view.stop()
        }

        /// Saved elsewhere, looked at, saved here: what is kept open for whoever may be about to open it is nobody's yet.
        @Test(arguments: ["rename", "unlink"])
        func whatWasReplacedElsewhereCanBeReplacedAtOnce(change: String) throws {
            let truth = try area.makeDirectory("truth")
            for name in ["file", "new", "newer"] {
                try Calls.write(Array(name.utf8), to: "\(truth)/\(name)")
            }
            let nas = try RunningSlowShare(area, directory: truth, more: ["--share-modes"])
            let view = try RunningView(area, share: nas.path)
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            try view.guarded("save") {
                _ = try Calls.status(inView("file"))
                _ = try Calls.status(inView("newer"))
                try Calls.rename("\(truth)/new", to: "\(truth)/file")
                #expect(try Calls.contents(inView("file")) == Array("new".utf8))
                _ = try Calls.status(inView("file"))
                if change == "rename" {
                    try Calls.rename(inView("newer"), to: inView("file"))
                } else {
                    try Calls.unlink(inView("file"))
                }
            }
            #expect(Calls.exists("\(truth)/file") == (change == "rename"))
            try view.stop()
        }

        /// As `rsync -t` does it: written, closed, given a time, renamed. What closes the file on the share comes before the time.
        @Test func aTimeThatIsSetBehindACloseStays() throws {
            let truth = try area.makeDirectory("truth")
            let nas = try RunningSlowShare(area, directory: truth, more: ["--stamp-at-close"])
            let view = try RunningView(area, share: nas.path)
            let time = timespec(tv_sec: 1_600_000_000, tv_nsec: 0)
            // Several at once: of one alone the release hardly ever comes late.
            let failed = concurrently(Array(0..<400), threadsMax: 8, thread: "saves") {
                [path = view.path] number -> String? in
                let name = "\(path)/\(number)"
                do {
                    try Calls.write(Array("text".utf8), to: "\(name).part")
                    try Calls.setTimes("\(name).part", accessed: .omitted, modified: time)
                    try Calls.rename("\(name).part", to: name)
                    let shown = try Calls.status(name).st_mtim.tv_sec
                    let kept = try Calls.status("\(truth)/\(number)").st_mtim.tv_sec
                    return shown == time.tv_sec && kept == time.tv_sec
                        ? nil : "\(number): \(shown), \(kept)"
                } catch {
                    return "\(number): \(error)"
                }
            }
            #expect(failed.compactMap { $0 } == [])
            try view.stop()
        }

        /// As `rsync -t` goes by it: what is looked at behind a close has the time that the close has given it.
        @Test func whoLooksBehindACloseSeesTheTimeThatStays() throws {
            let truth = try area.makeDirectory("truth")
            let nas = try RunningSlowShare(
                area, directory: truth, more: ["--stamp-at-close"])
            let view = try RunningView(area, share: nas.path)
            let failed = concurrently(Array(0..<400), threadsMax: 8, thread: "saves") {
                [path = view.path] number -> String? in
                do {
                    try Calls.write(Array("text".utf8), to: "\(path)/\(number)")
                    let seen = try Calls.status("\(path)/\(number)").st_mtim
                    let kept = try Calls.status("\(truth)/\(number)").st_mtim
                    return (seen.tv_sec, seen.tv_nsec) == (kept.tv_sec, kept.tv_nsec)
                        ? nil : "\(number): \(seen), \(kept)"
                } catch {
                    return "\(number): \(error)"
                }
            }
            #expect(failed.compactMap { $0 } == [])
            try view.stop()
        }

        /// Chunks that are looked for on removal are those that are there, not those that a file of that size could have.
        @Test func aFileOfTerabytesIsRemovedAtOnce() throws {
            // Not every file system of a disk has files of petabytes.
            let truth = "/dev/shm/larder-\(getpid())"
            try Calls.makeDirectory(truth)
            defer { FileTree.remove(truth) }
            let names = (0..<4).map { "huge \($0)" }
            for name in names {
                try Calls.write([1], to: "\(truth)/\(name)")
                try Calls.truncate("\(truth)/\(name)", 1 << 50)
            }
            let nas = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: nas.path)
            try view.guarded("remove", within: 20) {
                for name in names {
                    let head = try Calls.open("\(view.path)/\(name)", O_RDONLY).read(at: 0, 100)
                    #expect(head.first == 1)
                    try Calls.unlink("\(view.path)/\(name)")
                }
            }
            try view.stop()
        }

        /// What people have open is not taken from them: that is the share's to refuse, or to hide.
        @Test func whatSomebodyHasOpenIsTheSharesToRefuse() throws {
            let truth = try area.makeDirectory("truth")
            try Calls.makeDirectory("\(truth)/folder")
            for name in ["folder/open", "new"] {
                try TestLibrary.file("\(truth)/\(name)", Array(name.utf8))
            }
            let nas = try RunningSlowShare(area, directory: truth, more: ["--share-modes"])
            let view = try RunningView(area, share: nas.path)
            try view.guarded("rename what is open") {
                let open = "\(view.path)/folder/open"
                do {
                    let reader = try Calls.open(open, O_RDONLY)
                    let first = try reader.read(at: 0, 4)
                    #expect(first == Array("fold".utf8))
                    for attempt in [
                        { try Calls.unlink(open) },
                        { try Calls.rename("\(view.path)/new", to: open) },
                    ] {
                        #expect(throws: Errno.accessDenied) { try attempt() }
                    }
                    let writer = try Calls.open("\(view.path)/new", O_WRONLY)
                    #expect(throws: Errno.accessDenied) {
                        try Calls.rename("\(view.path)/new", to: "\(view.path)/newer")
                    }
                    withExtendedLifetime(writer) {}
                    let rest = try reader.read(at: 4, 64)
                    #expect(rest == Array("er/open".utf8))
                }
                try Calls.rename("\(view.path)/folder", to: "\(view.path)/moved")
                try Calls.rename("\(view.path)/new", to: "\(view.path)/moved/open")
            }
            #expect(try view.contents("moved/open") == Array("new".utf8))
            try view.stop()
        }

        /// Somebody has `open` open while `new` is renamed over it, or it is removed, in vain; then he reads it.
        private func takeNameOfOpenFile(
            _ view: RunningView, by kind: String, expecting error: Errno,
            before: () throws -> Void, after: () throws -> Void
        ) throws {
            let open = "\(view.path)/open"
            let reader = try view.guarded("open") { try Calls.open(open, O_RDONLY) }
            try before()
            #expect(throws: error) {
                try view.guarded("\(kind) what is open") {
                    if kind == "unlink" {
                        try Calls.unlink(open)
                    } else {
                        try Calls.rename("\(view.path)/new", to: open)
                    }
                }
            }
            try after()
            let read = try view.guarded("read on") { try reader.read(at: 0, 64) }
            #expect(read == Array("old".utf8))
        }

        /// The share has done it, and says that it has not: an answer was lost, or the share's client removes what is in the way of
        /// a rename and fails after that, as Linux's for SMB does. Who has the file open reads it to its end.
        @Test(arguments: [("rename", "EIO"), ("rename", "ENOENT"), ("unlink", "EIO")])
        func whoHasOpenWhatLostItsNameAfterAllReadsOn(kind: String, error: String) throws {
            let truth = try area.makeDirectory("truth")
            try TestLibrary.file("\(truth)/open", Array("old".utf8))
            try TestLibrary.file("\(truth)/new", Array("newer".utf8))
            let nas = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: nas.path)
            try takeNameOfOpenFile(
                view, by: kind, expecting: error == "EIO" ? .ioError : .noSuchFile
            ) {
                try nas.control("fail-late", kind, error, "1/1")
            } after: {
                try nas.control("fail", "clear")
            }
            let names = try view.guarded("list") { try Calls.names(view.path) }
            #expect(try Set(names) == Set(Calls.names(truth)))
            if kind == "rename" { #expect(try view.contents("open") == Array("newer".utf8)) }
            try view.stop()
        }

        /// The share has refused to take a name away, and cannot be asked whether it is still there: the file is kept open for who
        /// reads it, and for nobody else.
        @Test(arguments: ["rename", "unlink"])
        func whatMayHaveLostItsNameIsLetGoWithItsLastReader(kind: String) throws {
            let truth = try area.makeDirectory("truth")
            try TestLibrary.file("\(truth)/open", Array("old".utf8))
            try TestLibrary.file("\(truth)/new", Array("newer".utf8))
            // The share's own client needs not ask before it renames.
            let nas = try RunningSlowShare(area, directory: truth, attributeTimeout: "60")
            let view = try RunningView(area, share: nas.path)
            try takeNameOfOpenFile(view, by: kind, expecting: .ioError) {
                try nas.control("fail", kind, "EIO", "1/1")
                try nas.control("fail", "getattr", "EIO", "1/1")
            } after: {
                try nas.control("fail", "clear")
            }
            try waitUntilOpen(view, "nothing is open") { $0.isEmpty }
            #expect(try view.contents("open") == Array("old".utf8))
            try view.guarded("rename") {
                try Calls.rename("\(view.path)/new", to: "\(view.path)/open")
            }
            #expect(try view.contents("open") == Array("newer".utf8))
            try view.stop()
        }

        /// Known by another number than it has: the share refuses to remove it while it is open, and no longer.
        @Test func whatTheShareRefusedToRemoveIsLetGo() throws {
            let truth = try area.makeDirectory("truth")
            try Calls.makeDirectory("\(truth)/folder")
            for name in ["folder/open", "other"] {
                try TestLibrary.file("\(truth)/\(name)", Array("bytes".utf8))
            }
            let nas = try RunningSlowShare(area, directory: truth, more: ["--share-modes"])
            let view = try RunningView(area, share: nas.path)
            #expect(try view.contents("folder/open") == Array("bytes".utf8))
            try waitUntilOpen(view, "nothing is open") { $0.isEmpty }
            // By another file of the same size and time.
            try Calls.rename("\(truth)/other", to: "\(truth)/folder/open")
            try view.guarded("remove what is open") {
                let reader = try Calls.open("\(view.path)/folder/open", O_RDONLY)
                #expect(throws: Errno.accessDenied) { try Calls.unlink("\(view.path)/folder/open") }
                withExtendedLifetime(reader) {}
            }
            try view.guarded("rename its folder, and remove it") {
                try Calls.rename("\(view.path)/folder", to: "\(view.path)/moved")
                try Calls.unlink("\(view.path)/moved/open")
            }
            try view.stop()
        }
    }
}

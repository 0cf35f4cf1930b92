import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Names that others make, take away and give to other files while the view believes what it knows.
    @Suite struct NamesThatChangeTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/always", [1, 2, 3])
        }

        private func text(_ path: String) throws -> String {
            String(decoding: try Calls.contents(path), as: UTF8.self)
        }

        private func mounted(
            _ consistency: String, isShared: Bool = false, share path: String? = nil
        ) throws -> RunningView {
            try RunningView(
                area, share: path ?? share,
                .init(consistency: consistency, more: isShared ? ["allow_other"] : []))
        }

        /// Another machine has made the name since the folder was listed.
        @Test(arguments: ["strict", "eventual"], [false, true])
        func openingToCreateTakesWhatHasAppeared(consistency: String, isShared: Bool) throws {
            let view = try mounted(consistency, isShared: isShared)
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            let names = ["log", "cut", "touched", "mine", "link"]
            try view.guarded("look") {
                _ = try Calls.names(view.path)
                for name in names { #expect(!Calls.exists(inView(name))) }
            }
            for name in names.dropLast() {
                try TestLibrary.file("\(share)/\(name)", Array("theirs\n".utf8))
            }
            try Calls.symbolicLink("always", at: "\(share)/link")
            try view.guarded("create") {
                let log = try Calls.open(inView("log"), O_WRONLY | O_CREAT | O_APPEND)
                _ = try log.append(Array("mine\n".utf8))
                _ = try Calls.open(inView("cut"), O_WRONLY | O_CREAT | O_TRUNC)
                let touched = try Calls.open(inView("touched"), O_RDWR | O_CREAT)
                #expect(try touched.read(at: 0, 100) == Array("theirs\n".utf8))
                #expect(throws: Errno.exists) {
                    _ = try Calls.open(inView("mine"), O_WRONLY | O_CREAT | O_EXCL)
                }
                // What has the name may be what a link leads to.
                let linked = try Calls.open(inView("link"), O_RDWR | O_CREAT)
                #expect(try linked.read(at: 0, 100) == [1, 2, 3])
            }
            #expect(try text("\(share)/log") == "theirs\nmine\n")
            #expect(try text(inView("log")) == "theirs\nmine\n")
            #expect(try text("\(share)/cut") == "" && text("\(share)/mine") == "theirs\n")
        }

        /// What was there, and is gone elsewhere, may be made: lock files depend on it.
        @Test(arguments: ["strict", "eventual"])
        func whoMakesANameIsToldWhatTheShareSays(consistency: String) throws {
            let view = try mounted(consistency)
            func inView(_ name: String) -> String { "\(view.path)/\(name)" }
            func makers(_ name: String) -> [() throws -> Void] {
                [
                    { _ = try Calls.open(inView(name), O_WRONLY | O_CREAT | O_EXCL) },
                    { try Calls.makeDirectory(inView(name)) },
                    { try Calls.symbolicLink("x", at: inView(name)) },
                    { try Calls.makeFIFO(inView(name)) },
                    { try Calls.link(inView("always"), to: inView(name)) },
                    {
                        try Calls.rename(
                            inView("moved"), to: inView(name), flags: RenameFlags.noReplace)
                    },
                ]
            }
            for number in makers("").indices {
                let (gone, there) = ("gone\(number)", "there\(number)")
                try TestLibrary.file("\(share)/moved", [1])
                try TestLibrary.file("\(share)/\(gone)", [1])
                try view.guarded("make \(number)") {
                    try waitUntil(
                        "both are seen",
                        isTrue: {
                            Calls.exists(inView(gone)) && Calls.exists(inView("moved"))
                        })
                    #expect(!Calls.exists(inView(there)))
                    try Calls.unlink("\(share)/\(gone)")
                    try TestLibrary.file("\(share)/\(there)", [2])
                    #expect(throws: Errno.exists, "\(number)") { try makers(there)[number]() }
                    #expect(throws: Never.self, "\(number)") { try makers(gone)[number]() }
                }
                #expect(Calls.exists("\(share)/\(gone)"))
                #expect(try Calls.contents("\(share)/\(there)") == [2])
            }
        }

        /// A small file that is replaced by rename, elsewhere or in the view, has old or new bytes for each reader.
        @Test(arguments: ["strict", "eventual"], ["elsewhere", "in the view", "over a network"])
        func aReplacedFileGivesItsReadersNoError(consistency: String, place: String) throws {
            let nas =
                place == "over a network"
                ? try RunningSlowShare(area, directory: share, roundTrip: "4ms") : nil
            let view = try RunningView(
                area, share: nas?.path ?? share,
                consistency == "strict" ? .strict : .eventual(propagation: "20ms"))
            let writer = place == "in the view" ? view.path : share
            func put(_ number: Int) throws {
                // Other sizes too: what is read must be whole.
                let line = Array("\(number % 10)".utf8)
                let content = Array(repeating: line[0], count: 1000 + number % 3 * 500)
                try Calls.write(content, to: "\(writer)/.value")
                try Calls.rename("\(writer)/.value", to: "\(writer)/value")
            }
            try put(0)
            try waitUntil("it is seen", isTrue: { try !view.contents("value").isEmpty })
            for number in stride(from: 1, to: TestRun.scaled(12), by: 2) {
                // Seen, but not what is in it; and replaced once more.
                try view.guarded("replace") { try put(number) }
                try view.guarded("look") {
                    try waitUntil(
                        "it is seen", poll: 0.002,
                        isTrue: {
                            let seen = try Calls.status("\(view.path)/value")
                            return seen.st_ino == (try Calls.status("\(view.share)/value")).st_ino
                        })
                }
                try view.guarded("replace") { try put(number + 1) }
                for _ in 0..<2 {
                    let found = try view.contents("value")
                    let kind = found.first.map { Int($0) - 48 } ?? -1
                    let isWhole =
                        found.allSatisfy { $0 == found[0] }
                        && [1000, 1500, 2000].contains(found.count)
                    #expect(isWhole, "\(found.count) bytes")
                    if place == "in the view" { #expect(kind == (number + 1) % 10) }
                }
            }
        }

        /// Several programs save by rename, one over the other, while several read: the kernel looks a name up twice and no more
        /// before it gives a reader the error.
        @Test(arguments: ["strict", "eventual"], [[], ["--silly-rename"]])
        func whoReadsWhileManySaveGetsNoError(consistency: String, more: [String]) throws {
            let nas = try RunningSlowShare(area, directory: share, roundTrip: "2ms", more: more)
            let view = try RunningView(
                area, share: nas.path,
                consistency == "strict" ? .strict : .eventual(propagation: "20ms"))
            let path = "\(view.path)/document"
            try view.guarded("write") { try Calls.write([48], to: path) }
            let readers = TestThreads(4) { [area] threads, _ in
                while !threads.isStopping {
                    let found = try area.guarded("read") { try Calls.contents(path) }
                    guard found.first.map({ first in found.allSatisfy { $0 == first } }) == true
                    else { throw Errno.ioError }
                }
            }
            let savers = TestThreads(4) { [area] _, index in
                for number in 0..<TestRun.scaled(6) {
                    let bytes = [UInt8](repeating: UInt8(number), count: 1000 + number)
                    try area.guarded("save") {
                        try Calls.write(bytes, to: "\(path).\(index)")
                        try Calls.rename("\(path).\(index)", to: path)
                    }
                }
            }
            try savers.join()
            readers.stop()
            try readers.join()
            #expect(try view.contents("document") == Calls.contents("\(share)/document"))
        }
    }
}

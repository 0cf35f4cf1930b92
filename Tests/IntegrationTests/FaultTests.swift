import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// When an operation on the share fails, its caller gets the share's error or right bytes,
    /// nobody gets wrong ones, and afterwards everything works again without a new mount.
    @Suite struct FaultTests {
        private let area = Area.current
        private let truth: String

        init() throws {
            truth = try area.makeDirectory("truth")
            var generator = SplitMix(seed: 11)
            for folder in ["music", "music/live"] {
                try Calls.makeDirectory("\(truth)/\(folder)")
                for (number, size) in [1000, 40_000, 150_000].enumerated() {
                    let ending = ["nfo", "mp3", "txt"][number]
                    try TestLibrary.file(
                        "\(truth)/\(folder)/\(number).\(ending)", generator.content(size))
                }
                try Calls.symbolicLink("../music", at: "\(truth)/\(folder)/link")
            }
        }

        /// Lists, looks at and reads everything, as a backup program does.
        private struct Scenario {
            var truth: [UInt8]
            var view: [UInt8]
            /// The share's errors that came through.
            var errors: [Errno] = []
            /// Answers that were wrong.
            var wrong: [String] = []

            mutating func run(_ expected: Errno) {
                var rest: [[UInt8]] = [[]]
                while let folder = rest.popLast() {
                    let names = compare("list \(folder.printable)", expected) {
                        root throws(Errno) in
                        try Calls.names(folder.isEmpty ? root : root / folder).map(\.printable)
                            .sorted()
                    }
                    guard names else { continue }
                    for name in (try? Calls.names(folder.isEmpty ? truth : truth / folder)) ?? [] {
                        let path = folder.isEmpty ? name : folder / name
                        look(path, expected)
                        if (try? Calls.status(truth / path))?.isDirectory == true {
                            rest.append(path)
                        }
                    }
                }
            }

            private mutating func look(_ path: [UInt8], _ expected: Errno) {
                let isThere = compare("stat \(path.printable)", expected) { root throws(Errno) in
                    let status = try Calls.status(root / path)
                    return [Int(status.st_size), Int(status.st_mode), status.st_mtim.tv_sec]
                }
                guard isThere, let kind = try? Calls.status(truth / path) else { return }
                if kind.isLink {
                    _ = compare("readlink \(path.printable)", expected) { root throws(Errno) in
                        try Calls.linkTarget(root / path)
                    }
                } else if kind.isRegular {
                    _ = compare("read \(path.printable)", expected) { root throws(Errno) in
                        try Calls.contents(root / path)
                    }
                }
            }

            private mutating func compare<Value: Equatable>(
                _ what: String, _ expected: Errno, _ body: ([UInt8]) throws(Errno) -> Value
            ) -> Bool {
                do throws(Errno) {
                    let right = try body(truth)
                    do throws(Errno) {
                        if try body(view) == right { return true }
                        wrong.append(what)
                    } catch {
                        error == expected ? errors.append(error) : wrong.append("\(what): \(error)")
                    }
                } catch {
                    wrong.append("\(what): the test's own files: \(error)")
                }
                return false
            }
        }

        private func scenario(_ view: RunningView, _ expected: Errno) throws -> Scenario {
            var scenario = Scenario(truth: truth.pathBytes, view: view.path.pathBytes)
            try view.guarded("walk", within: 60) { scenario.run(expected) }
            return scenario
        }

        /// Fails the first operation, then the second, and so on, until nothing is left to fail.
        @Test(.timeLimit(.minutes(3)), arguments: [("EIO", Errno.ioError), ("ESTALE", .stale)])
        func everyOperationMayFailOnce(name: String, error: Errno) throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path)
            #expect(try scenario(view, error).wrong == [])
            // Once with nothing cached at all, once with what is left when a cache was told to
            // forget.
            let isFresh = error == .ioError
            var visible = 0
            var fired = 0
            var number = 0
            while true {
                number += 1
                if isFresh {
                    try view.stop()
                    FileTree.remove(view.cache)
                    try view.start()
                } else {
                    try view.evict()
                }
                try share.control("fail-nth", "any", name, "\(number)")
                let hit = try scenario(view, error)
                #expect(hit.wrong == [], "\(name) at operation \(number)")
                visible += hit.errors.count
                let hasFired = try share.firedFaults() > 0
                try share.control("fail", "clear")
                guard hasFired else { break }
                fired += 1
                let after = try scenario(view, error)
                #expect(
                    after.wrong == [] && after.errors == [], "after \(name) at operation \(number)")
                #expect(view.process.ended == nil)
                try #require(number < 1000, "the scenario has no end")
            }
            // The canary: the harness does fire, and readers do see it. A stale handle is looked up
            // again.
            #expect(fired >= 15, "only \(fired) operations were made to fail")
            if isFresh { #expect(visible >= 5, "no fault was seen by anybody") }
            try view.stop()
        }

        /// A mount over a share that fails comes up or says why not; the next one comes up.
        @Test func everyOperationOfAMountMayFail() throws {
            let share = try RunningSlowShare(area, directory: truth)
            for number in 1...40 {
                try share.control("fail-nth", "any", "EIO", "\(number)")
                var refused: RunningView.EndedWrongly?
                var view: RunningView?
                do {
                    view = try RunningView(area, share: share.path)
                } catch let error as RunningView.EndedWrongly {
                    refused = error
                }
                let hasFired = try share.firedFaults() > 0
                try share.control("fail", "clear")
                if let refused {
                    #expect(hasFired, "\(refused)")
                    #expect("\(refused)".contains("Input/output error"), "\(refused)")
                    view = try RunningView(area, share: share.path)
                }
                let mounted = try #require(view)
                let after = try scenario(mounted, .ioError)
                #expect(
                    after.wrong == [] && after.errors == [], "after a fault at operation \(number)")
                try mounted.stop()
                if !hasFired {
                    #expect(number > 1, "a mount asks the share nothing?")
                    return
                }
            }
        }

        /// Two of three reads fail, for as long as the tree is read again and again.
        @Test func readsThatFailNowAndThen() throws {
            let share = try RunningSlowShare(area, directory: truth)
            let view = try RunningView(area, share: share.path)
            // The kernel reads once more when its readahead failed, so that only some failures come
            // through.
            try share.control("fail", "read", "EIO", "2/3")
            try share.control("fail", "getattr", "EIO", "1/50")
            var errors = 0
            for _ in 0..<TestRun.scaled(20) {
                try view.evict()
                let result = try scenario(view, .ioError)
                #expect(result.wrong == [])
                errors += result.errors.count
            }
            #expect(try share.firedFaults() > 10)
            #expect(errors > 0, "no fault was seen by anybody")
            try share.control("fail", "clear")
            let after = try scenario(view, .ioError)
            #expect(after.wrong == [] && after.errors == [])
            try view.evict()
            #expect(try view.differences(from: truth) == [])
        }
    }
}

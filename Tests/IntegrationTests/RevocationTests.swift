import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Rights that somebody had in a shared view and that were taken back on the share.
    @Suite(.needsRoot, .needs("setpriv", "cat", "ls", "sh")) struct RevocationTests {
        private let area = Area.current
        private let share: String
        private let ann = Swapper.ann
        private let old = [UInt8](repeating: UInt8(ascii: "o"), count: 300_000)
        private let secret = [UInt8](repeating: UInt8(ascii: "s"), count: 300_000)

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/file", old)
            try Calls.setMode("\(share)/file", 0o666)
            try Calls.makeDirectory("\(share)/folder")
            try TestLibrary.file("\(share)/folder/inside", Array("inside".utf8))
        }

        private func options(_ consistency: String, _ more: [String] = []) -> RunningView.Options {
            var options = RunningView.Options(consistency: consistency)
            options.more = ["allow_other"] + more
            return options
        }

        private func run(_ script: String, _ view: RunningView) throws -> CommandResult {
            try area.run("/bin/sh", ["-c", script], within: 30, directory: view.path, user: ann)
        }

        /// Every look asks first, in `strict` always.
        @Test(arguments: ["eventual", "strict"])
        func isSeenAtTheFirstLook(consistency: String) throws {
            let more = consistency == "eventual" ? ["rights=0s", "propagation=5m"] : []
            let view = try RunningView(area, share: share, options(consistency, more))
            let before = try run("cat file | wc -c; ls folder; cat folder/inside", view)
            #expect(before.output == "300000\ninside\ninside", "\(before)")
            try Calls.setMode("\(share)/file", 0o600)
            try Calls.setMode("\(share)/folder", 0o700)
            for script in [
                "cat file", "echo more >> file", ": > file", "ls folder", "cat folder/inside",
                "ls folder/inside", "echo > folder/new",
            ] {
                let refused = try run(script, view)
                #expect(!refused.isSuccess && refused.output == "", "\(refused)")
                #expect(refused.errors.contains("Permission denied"), "\(refused)")
            }
            // And given back.
            try Calls.setMode("\(share)/file", 0o644)
            try Calls.setMode("\(share)/folder", 0o755)
            let after = try run("cat file | wc -c; ls folder; cat folder/inside", view)
            #expect(after.output == "300000\ninside\ninside", "\(after)")
            try view.stop()
        }

        /// What is remembered may let somebody read on for `rights=`. Changes are the share's to decide.
        @Test func whatChangesTheShareIsRefusedAtOnce() throws {
            let view = try RunningView(
                area, share: share, options("eventual", ["propagation=5m", "rights=10m"]))
            try Calls.setMode("\(share)/folder", 0o777)
            try Calls.setOwner("\(share)/folder/inside", ann)
            _ = try run("cat file > /dev/null; ls -l . folder; cat folder/inside", view)
            try Calls.setMode("\(share)/file", 0o600)
            try Calls.setMode("\(share)/folder", 0o700)
            try Calls.setOwner("\(share)/folder/inside", 0)
            for script in [
                "echo more >> file", "echo more > file", ": > file", "touch folder/new",
                "mkdir folder/new", "ln -s x folder/new", "mkfifo folder/new",
                "rm -f folder/inside",
                "mv folder/inside folder/new", "chmod 777 folder/inside", "ln folder/inside new",
            ] {
                let refused = try run(script, view)
                #expect(!refused.isSuccess, "\(refused)")
            }
            #expect(try Calls.contents("\(share)/file") == old)
            #expect(try Calls.names("\(share)/folder") == [Array("inside".utf8)])
            #expect(try Calls.status("\(share)/folder/inside").st_mode & 0o777 == 0o644)
            try view.stop()
        }

        /// Whoever has a file open under rights that were taken back goes on with what he opened, and never reads what was
        /// put there for others.
        @Test(arguments: ["eventual", "strict"], ["replaced", "rewritten"])
        func anOpenFileShowsNoSecret(consistency: String, how: String) throws {
            let more = consistency == "eventual" ? ["rights=0s"] : []
            let view = try RunningView(area, share: share, options(consistency, more))
            // Root's own descriptor would do; the kernel has checked an opener once, whoever he is.
            var file: OpenFile? = try view.guarded("open") { try Calls.open("\(view.path)/file") }
            #expect(try view.guarded("read") { try file?.read(at: 0, 1000) } == Array(old[..<1000]))
            if how == "replaced" {
                try Calls.write(secret, to: "\(share)/new")
                try Calls.setMode("\(share)/new", 0o600)
                try Calls.rename("\(share)/new", to: "\(share)/file")
            } else {
                try Calls.setMode("\(share)/file", 0o600)
                try Calls.write(secret, to: "\(share)/file")
            }
            // The view hears of it.
            let refused = try run("cat file", view)
            #expect(!refused.isSuccess && refused.output == "", "\(refused)")
            for offset in stride(from: Int64(0), to: 300_000, by: 50_000) {
                file?.dropPages()
                let got = try? view.guarded("read") { try file?.read(at: offset, 4096) }
                let isOld =
                    got.map { bytes in bytes.allSatisfy { $0 == UInt8(ascii: "o") } } ?? true
                let what = "\(how): what was read at \(offset) is the new content"
                #expect(isOld, "\(what)")
            }
            file = nil
            try view.stop()
        }

        /// Nobody can be asked: what was known last holds, for him who may and for him who may not.
        @Test(arguments: ["offline", "hang"])
        func withTheShareAwayTheLastKnownRightsHold(state: String) throws {
            try Calls.setMode("\(share)/folder", 0o700)
            let nas = try RunningSlowShare(area, directory: share)
            var options = options("eventual", ["rights=0s"])
            options.timeout = "2s"
            let view = try RunningView(area, share: nas.path, options)
            #expect(try view.differences() == [])
            #expect(try run("cat file | wc -c", view).output == "300000\n")
            #expect(try !run("cat folder/inside", view).isSuccess)
            try nas.control(state)
            #expect(try run("cat file | wc -c", view).output == "300000\n")
            for script in ["cat folder/inside", "ls folder", "echo more >> file"] {
                let refused = try run(script, view)
                #expect(!refused.isSuccess && refused.output == "", "\(refused)")
            }
            try nas.control("online")
            try waitUntil("the share is back", within: 30) {
                try run("echo more >> file", view).isSuccess
            }
            try view.stop()
        }
    }
}

import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// `uid=`, `gid=`, `umask=`: what is shown, what decides by it, and what reaches the share.
    @Suite(.needsRoot, .needs("setpriv", "sh")) struct ShownOwnerTests {
        private let area = Area.current
        private let share: String
        private let ann: UInt32 = 23_001
        private let bob: UInt32 = 23_002

        init() throws {
            share = try area.makeDirectory("share")
            try Calls.makeDirectory("\(share)/folder", mode: 0o700)
            try TestLibrary.file("\(share)/folder/private", Array("of root".utf8))
            try Calls.setMode("\(share)/folder/private", 0o600)
            try Calls.symbolicLink("folder", at: "\(share)/link")
        }

        private func view(_ options: String) throws -> RunningView {
            try RunningView(
                area, share: share, RunningView.Options(more: ["allow_other", options]))
        }

        private func shell(_ script: String, in view: RunningView, as user: UInt32) throws
            -> CommandResult
        {
            try area.run(
                try #require(TestRun.program("sh")), ["-c", script], within: 20,
                directory: view.path, user: user)
        }

        private func owner(_ path: String) throws -> String {
            let status = try Calls.status(path)
            return "\(status.st_uid):\(status.st_gid) \(String(status.st_mode & 0o7777, radix: 8))"
        }

        @Test func everythingBelongsToWhomItIsShownAs() throws {
            let view = try view("uid=\(ann),gid=\(ann),umask=027")
            // By listing with attributes, by lookup, by the open file.
            let listed = try area.run(
                "/bin/ls", ["-lnRa", "--time-style=+", view.path], within: 20
            ).output.split(separator: "\n").filter {
                $0.contains("private") || $0.contains("folder") && !$0.hasSuffix(":")
            }
            #expect(listed.count == 3)
            for line in listed { #expect(line.contains(" \(ann) \(ann) "), "\(line)") }
            #expect(try owner(view.path) == "\(ann):\(ann) 750")
            #expect(try owner("\(view.path)/folder/private") == "\(ann):\(ann) 750")
            #expect(try owner("\(view.path)/link") == "\(ann):\(ann) 777")
            let open = try Calls.open("\(view.path)/folder/private").status()
            #expect(open.st_uid == ann && open.st_mode & 0o7777 == 0o750)

            // It decides.
            let read = try shell("cat folder/private", in: view, as: ann)
            #expect(read.output == "of root", "\(read)")
            #expect(try shell("ls", in: view, as: bob).code != 0)

            // What is made is shown alike at once, and is the daemon's on the share.
            let made = try shell(
                """
                set -e; umask 022; mkdir new; echo hello >new/file; ln -s file new/link
                mkfifo new/fifo; ln new/file new/second; stat -c '%u:%g %a' new new/file new/fifo new/second
                """, in: view, as: ann)
            #expect(
                made.output == String(repeating: "\(ann):\(ann) 750\n", count: 4), "\(made)")
            #expect(try owner("\(share)/new") == "0:0 755")
            #expect(try owner("\(share)/new/file") == "0:0 644")
            #expect(try owner("\(share)/new/fifo") == "0:0 644")

            // Given to whom it is shown as: done. To others: not possible, by root neither.
            let changed = try shell(
                "chown \(ann):\(ann) new/file && chmod 600 new/file && stat -c '%u:%g %a' new/file",
                in: view, as: 0)
            #expect(changed.output == "\(ann):\(ann) 750\n", "\(changed)")
            #expect(try owner("\(share)/new/file") == "0:0 600")
            for whom in ["\(bob)", ":\(bob)", "0:0"] {
                let refused = try shell("chown \(whom) new/file", in: view, as: 0)
                #expect(refused.errors.contains("not permitted"), "\(whom): \(refused)")
            }
            #expect(try owner("\(share)/new/file") == "0:0 600")
            let own = try shell("touch new/file && chown \(ann) new/file", in: view, as: ann)
            #expect(own.isSuccess, "\(own)")
            try view.stop()
        }

        /// Each option alone leaves the rest as it is.
        @Test func eachOptionIsOnItsOwn() throws {
            let uid = try view("uid=\(ann)")
            #expect(try owner("\(uid.path)/folder") == "\(ann):0 700")
            let given = try shell("chgrp \(bob) folder && stat -c %g folder", in: uid, as: 0)
            #expect(given.output == "\(bob)\n", "\(given)")
            #expect(try owner("\(share)/folder") == "0:\(bob) 700")
            try uid.stop()

            try Calls.setOwner("\(share)/folder", bob)
            let mask = try RunningView(
                area, share: share, name: "masked",
                RunningView.Options(more: ["allow_other", "umask=000"]))
            #expect(try owner("\(mask.path)/folder") == "\(bob):\(bob) 777")
            // Nobody's owner is replaced: what is made is its maker's.
            let made = try shell("umask 077; echo >folder/mine", in: mask, as: ann)
            #expect(made.isSuccess, "\(made)")
            #expect(try owner("\(share)/folder/mine") == "\(ann):\(ann) 600")
            #expect(try owner("\(mask.path)/folder/mine") == "\(ann):\(ann) 777")
            try mask.stop()
        }
    }
}

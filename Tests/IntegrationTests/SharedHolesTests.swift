import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Ways to other people's files in a shared view that need no race.
    @Suite(.needsRoot, .needs("setpriv", "sh")) struct SharedHolesTests {
        private let area = Area.current
        private let share: String
        private let ann = Swapper.ann

        init() throws {
            share = try area.makeDirectory("share")
            try Calls.makeDirectory("\(share)/d")
            try Calls.setMode("\(share)/d", 0o777)
        }

        private func view(_ share: String, _ more: [String] = []) throws -> RunningView {
            var options = RunningView.Options()
            options.more = ["allow_other"] + more
            return try RunningView(area, share: share, options)
        }

        private func run(_ script: String) throws -> CommandResult {
            try area.run("/bin/sh", ["-c", script], within: 30, directory: area.path, user: ann)
        }

        private func secret(_ path: String, mode: mode_t = 0o600) throws {
            try TestLibrary.file(path, Array("secret-0\n".utf8))
            try Calls.setMode(path, mode)
            try Calls.setModified(path, seconds: 1_500_000_000)
        }

        /// Runs as root, without a file of the test's own in between; `ann` runs a command as her.
        private func runAsRoot(_ script: String) throws -> CommandResult {
            let ann = "ann() { setpriv --reuid=\(ann) --regid=\(ann) --clear-groups -- \"$@\"; }\n"
            return try area.run("/bin/sh", ["-c", ann + script], within: 60, directory: area.path)
        }

        /// File systems give the number of a deleted file to the next one that is made.
        @Test(arguments: [
            // What the view believes of the name.
            """
            ann sh -c 'umask 0; echo my-own-0 > view/d/$0; touch -d @1500000000 view/d/$0' $n
            old=$(stat -c %i share/d/$n); ann stat view/d/$n > /dev/null; ann rm share/d/$n
            (umask 077; echo secret-0 > share/d/v$n); touch -d @1500000000 share/d/v$n
            [ $old = $(stat -c %i share/d/v$n) ] && echo met; ann mv share/d/v$n share/d/$n
            ann cat view/d/$n
            """,
            // A file that is open and was changed a moment ago: longer than what `rights=` bounds.
            """
            ann sh -c 'umask 0; echo my-own-0 > view/d/$0; stat view/d/$0 > /dev/null' $n
            exec 7< view/d/$n; ann setfattr -n user.k -v v view/d/$n
            old=$(stat -c %i share/d/$n); ann rm share/d/$n
            (umask 077; echo secret-0 > share/d/v$n)
            [ $old = $(stat -c %i share/d/v$n) ] && echo met; ann mv share/d/v$n share/d/$n
            ann cat <&7; exec 7<&-
            """,
            // A folder.
            """
            ann sh -c 'mkdir share/d/$0; stat view/d/$0 > /dev/null' $n
            old=$(stat -c %i share/d/$n); ann rmdir share/d/$n
            mkdir -m 700 share/d/v$n; echo secret-0 > share/d/v$n/inside
            [ $old = $(stat -c %i share/d/v$n) ] && echo met; ann mv share/d/v$n share/d/$n
            ann cat view/d/$n/inside
            """,
        ])
        func aNumberThatIsUsedAgainIsAnotherFile(script: String) throws {
            let view = try view(share, ["propagation=20ms"])
            let result = try runAsRoot("for n in 1 2 3 4 5 6 7 8 9 10; do\n\(script)\ndone")
            #expect(!result.output.contains("secret"), "\(result)")
            try view.stop()
        }

        /// What an ACL refuses, mode bits may seem to grant: they show its mask.
        @Test(.needs("setfacl")) func anACLThatRefusesIsHeeded() throws {
            try secret("\(share)/d/file", mode: 0o644)
            try Calls.makeDirectory("\(share)/d/folder")
            try secret("\(share)/d/folder/inside", mode: 0o644)
            for name in ["file", "folder"] {
                let made = try area.run(
                    "/usr/bin/setfacl", ["-m", "u:\(ann):---", "\(share)/d/\(name)"])
                #expect(made.isSuccess, "\(made)")
            }
            let view = try view(share)
            for script in ["cat %/d/file", "cat %/d/folder/inside", "ls %/d/folder"] {
                for place in ["share", "view"] {
                    let words = script.split(separator: "%", omittingEmptySubsequences: false)
                    let refused = try run(words.joined(separator: place))
                    let isRefused = !refused.isSuccess && refused.output == ""
                    #expect(isRefused, "\(refused)")
                }
            }
            try view.stop()
        }

        /// An owner who takes his file back finds it as he left it, whoever has it open.
        @Test(arguments: ["appending", "emptying"]) func noModeOfBeforeComesBack(how: String) throws
        {
            let view = try view(share)
            _ = try run(
                "umask 0; echo mine > view/d/file; chmod 6777 view/d/file; stat view/d/file")
            let mode: mode_t = how == "appending" ? 0o600 : 0o602
            let change = "chown 0:0 share/d/file; chmod \(String(mode, radix: 8)) share/d/file"
            let done = try runAsRoot(
                how == "appending"
                    ? "exec 7>> view/d/file; \(change); ann sh -c 'echo x >&7'"
                    : "\(change); ann sh -c ': > view/d/file'")
            #expect(done.isSuccess, "\(done)")
            let after = try Calls.status("\(share)/d/file").st_mode & 0o7777
            #expect(after == mode, "\(String(after, radix: 8))")
            try view.stop()
        }

        /// Of attributes that are root's alone (`trusted.*`) not even the names are shown.
        @Test(.needs("setfattr", "getfattr")) func namesOfTrustedAttributesAreRoots() throws {
            try secret("\(share)/d/file", mode: 0o644)
            let made = try area.run(
                "/usr/bin/setfattr", ["-n", "trusted.hidden", "-v", "1", "\(share)/d/file"])
            #expect(made.isSuccess, "\(made)")
            let view = try view(share)
            let plain = try run("getfattr -m - share/d/file")
            let shown = try run("getfattr -m - view/d/file")
            #expect(shown.output == plain.output, "\(shown)")
            try view.stop()
        }

        /// What the server would keep from a user, Larder has to: sshfs does all as one and the same.
        @Test(.needs("sshfs", "sshd", "ssh-keygen"), arguments: ["set-group-id", "set-user-id"])
        func setIDBitsOverSSHFS(bit: String) throws {
            let mine = "\(share)/d/mine"
            let other = "\(share)/d/other"
            for path in [mine, other] {
                try TestLibrary.file(path, Array("program\n".utf8))
                try Calls.setOwner(path, ann)
                try Calls.setMode(path, 0o755)
            }
            if bit == "set-group-id" {
                // Her own, of a group that she is not in, as from a folder with that bit.
                _ = try Calls.check { chown(other, ann, 42) }
            } else {
                try Calls.setOwner(other, 0)
                try Calls.setMode(other, 0o4755)
            }
            let before = try Calls.status(other).st_mode & 0o7777
            let server = try RunningSFTPServer(area, directory: share)
            try server.mount(reconnect: false)
            let view = try view(server.path)
            let mode = bit == "set-group-id" ? "2755" : "755"
            _ = try run(
                "stat view/d/mine; mv share/d/other share/d/mine; chmod \(mode) view/d/mine")
            let after = try Calls.status(mine).st_mode & 0o7777
            #expect(after == before, "\(String(after, radix: 8))")
            try view.stop()
            try server.unmount()
        }

        /// What is open for reading and writing is read through what has it open; sshfs looks for it by its path.
        @Test(.needs("sshfs", "sshd", "ssh-keygen", "gcc")) func anOpenFileOverSSHFS() throws {
            try TestLibrary.file("\(share)/private", Array("secret behind a link".utf8))
            let swapper = try Swapper(area)
            let server = try RunningSFTPServer(area, directory: share)
            try server.mount(reconnect: false)
            let view = try view(server.path, ["propagation=20ms"])
            let outcomes = try swapper.run(
                truth: share, swap: share, view: view.path, maker: share,
                ["held-read-writing:root"])
            let isFine = outcomes.allSatisfy { $0.isFine }
            #expect(isFine, "\(outcomes)")
            try view.stop()
            try server.unmount()
        }
    }
}

import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// Who may see what: as on the share, checked by the kernel, also for what is cached.
    @Suite(.needsRoot, .needs("setpriv", "cat", "ls")) struct PermissionTests {
        private let area = Area.current
        private let share: String
        /// Users without a name will do.
        private let ann: UInt32 = 23_001
        private let bob: UInt32 = 23_002

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/public.txt", Array("for all".utf8))
            try TestLibrary.file("\(share)/private.txt", Array("secret of root".utf8))
            try Calls.setMode("\(share)/private.txt", 0o600)
            try TestLibrary.file("\(share)/ann.txt", Array("secret of ann".utf8))
            try Calls.setMode("\(share)/ann.txt", 0o600)
            try Calls.setOwner("\(share)/ann.txt", ann)
            try Calls.makeDirectory("\(share)/closed", mode: 0o700)
            try TestLibrary.file("\(share)/closed/inside.txt", Array("inside".utf8))
        }

        private func cat(_ path: String, as user: UInt32) throws -> CommandResult {
            try area.run("/bin/cat", [path], within: 20, user: user)
        }

        @Test func cachedBytesAreNotForEverybody() throws {
            var options = RunningView.Options()
            options.more = ["allow_other"]
            let view = try RunningView(area, share: share, options)
            // Root reads all: everything is cached.
            #expect(try view.differences() == [])
            #expect(try cat("\(view.path)/public.txt", as: bob).output == "for all")
            for name in ["private.txt", "ann.txt", "closed/inside.txt"] {
                let refused = try cat("\(view.path)/\(name)", as: bob)
                #expect(refused.code == 1 && refused.output == "", "\(name): \(refused)")
                #expect(refused.errors.contains("Permission denied"), "\(name): \(refused)")
            }
            #expect(try cat("\(view.path)/ann.txt", as: ann).output == "secret of ann")
            let listed = try area.run("/bin/ls", ["\(view.path)/closed"], user: bob)
            #expect(!listed.isSuccess && listed.output == "")
            try view.stop()
        }

        /// What the kernel knows of the root before anybody has looked is that it is a folder: no mode, which lets nobody in.
        @Test func whoLooksFirstIsLetInThoughTheRootHasChanged() throws {
            for round in 0..<12 {
                var options = RunningView.Options.strict
                options.more = ["allow_other"]
                let view = try RunningView(area, share: share, options)
                try Calls.setMode(share, round % 2 == 0 ? 0o755 : 0o775)
                let first = try cat("\(view.path)/public.txt", as: bob)
                #expect(first.output == "for all", "round \(round): \(first)")
                try view.stop()
            }
        }

        /// Who stands in a folder asks for nothing by its name.
        @Test func whatIsGrantedInAFolderHoldsAtOnce() throws {
            var options = RunningView.Options.strict
            options.more = ["allow_other"]
            let view = try RunningView(area, share: share, options)
            do {
                let folder = try Calls.open("\(view.path)/closed", O_RDONLY | O_DIRECTORY)
                for round in 0..<20 {
                    let isOpen = round % 2 == 0
                    try Calls.setMode("\(share)/closed", isOpen ? 0o711 : 0o700)
                    let isFound = try Calls.acting(as: bob) {
                        var status = stat()
                        return fstatat(folder.descriptor, "inside.txt", &status, 0) == 0
                    }
                    #expect(isFound == isOpen, "round \(round)")
                }
            }
            try view.stop()
        }

        @Test func withoutAllowOtherAViewIsItsOwnersAlone() throws {
            let view = try RunningView(area, share: share)
            #expect(try view.differences() == [])
            for name in ["", "public.txt"] {
                let refused = try area.run("/bin/ls", ["\(view.path)/\(name)"], user: bob)
                #expect(
                    !refused.isSuccess && refused.errors.contains("Permission denied"), "\(refused)"
                )
            }
            // Nor may others ask or command the daemon.
            let status = try area.run(
                BuiltPrograms.larder, ["status", view.path, "--json"], user: bob)
            #expect(!status.isSuccess, "\(status)")
            try view.stop()
        }

        /// The cache holds what the owner may read: it is closed to others.
        @Test func theCacheIsClosedToOthers() throws {
            let view = try RunningView(area, share: share)
            #expect(try view.differences() == [])
            try view.waitForDisk()
            #expect(try Calls.status(view.cache).st_mode & 0o077 == 0)
            for (path, status) in try FileTree.paths(view.cache) where status.st_mode & 0o077 != 0 {
                Issue.record("\(path.printable) has mode \(String(status.st_mode, radix: 8))")
            }
            try view.stop()
        }

        /// As exports of NFS are, unless somebody says otherwise.
        @Test(.timeLimit(.minutes(2)), arguments: ["eventual", "strict"])
        func whereRootIsNobodyUsersHaveTheirOwn(consistency: String) throws {
            let truth = try area.makeDirectory("truth")
            try Calls.setMode(truth, 0o777)
            // A folder of root's for those of a group.
            let team: UInt32 = 23_100
            try Calls.makeDirectory("\(truth)/team", mode: 0o770)
            try Calls.setOwner("\(truth)/team", user: 0, group: team)
            try Calls.setMode("\(truth)/team", 0o2770)
            let nas = try RunningSlowShare(
                area, directory: truth, attributeTimeout: "1s", more: ["--squash", "65534:65534"])
            var options = RunningView.Options(consistency: consistency)
            options.more = ["allow_other"]
            let view = try RunningView(area, share: nas.path, options)
            func act(_ script: String, groups: String = "--clear-groups") throws -> CommandResult {
                try area.run(
                    try #require(TestRun.program("setpriv")),
                    [
                        "--reuid=\(ann)", "--regid=\(ann)", groups, "sh", "-c",
                        "set -e; cd \(view.path); umask 077; \(script)",
                    ], within: 60)
            }
            let made = try act(
                """
                mkdir home home/d; echo one > home/f; cat home/f; echo two >> home/f; cat home/f
                ls home; mv home/f home/d/g; ln -s d/g home/l; cat home/l; echo x > home/x; rm home/x
                chmod 640 home/d/g; touch home/d/g; truncate -s 4 home/d/g; find home -type f
                """)
            #expect(made.isSuccess, "\(made)")
            #expect(made.output == "one\none\ntwo\nd\nf\none\ntwo\nhome/d/g\n", "\(made)")
            let shared = try act(
                "cd team; echo t > t; cat t; mkdir in; ls; mv t in/u; cat in/u",
                groups: "--groups=\(team)")
            #expect(shared.output == "t\nin\nt\nt\n", "\(shared)")
            let doctor = try area.run(BuiltPrograms.larder, ["doctor", view.path], within: 60)
            #expect(doctor.output.contains("root_squash"), "\(doctor)")
            // Whom the share refuses the view does, root too; also what would be everybody's in a folder that is not.
            _ = try act("echo open > home/o; chmod 644 home/o; cat home/o")
            let refused = try area.run(
                "/bin/sh",
                ["-c", "cd \(view.path)/home; cat d/g; ls; cat o; cat \(view.path)/team/in/u"])
            #expect(refused.output == "" && !refused.isSuccess, "\(refused)")
            for path in ["home/d/g", "team/in/u"] {
                #expect(try cat("\(view.path)/\(path)", as: bob).output == "")
            }
            // With nothing in the kernel, and nothing known but what is stored.
            try view.restart(options)
            let again = try act("cat home/d/g; ls home/d; rm -r home; ls")
            #expect(again.output == "one\ng\nteam\n", "\(again)")
            try view.stop()
        }

        /// Needs nothing of root's but the set-uid helper that comes with FUSE.
        ///
        /// In a mount namespace of its own, where `/dev/fuse` is open to all as udev makes it: it
        /// is not everywhere.
        @Test(.needs("fusermount3", "unshare", "mknod")) func anOrdinaryUserCanMount() throws {
            // Everything of theirs lies below a directory of theirs.
            try area.makeDirectory("home")
            // The helper wants a user with a name.
            let nobody = try #require(getpwnam("nobody")?.pointee.pw_uid)
            try Calls.setOwner(area.path("home"), nobody)
            try Calls.setOwner("\(share)/ann.txt", nobody)
            let script = """
                set -e
                mknod -m 666 "$AREA/fuse" c 10 229
                mount --bind "$AREA/fuse" /dev/fuse
                as() { user=$1; shift; setpriv --reuid=$user --regid=$user --clear-groups -- "$@"; }
                cd "$AREA/home"
                as $ANN mkdir nas
                as $ANN "$LARDER" mount "$AREA/share" nas -o cache="$AREA/home/cache" --background
                trap 'umount -l "$AREA/home/nas" 2> /dev/null || true' EXIT
                echo "public: $(as $ANN cat nas/public.txt)"
                echo "own: $(as $ANN cat nas/ann.txt)"
                if as $ANN cat nas/private.txt; then echo "read what is of root"; fi
                if as $BOB cat nas/public.txt; then echo "read by another user"; fi
                as $ANN "$LARDER" status nas > /dev/null && echo "status: well"
                echo "cache: $(stat -c '%u %a' cache)"
                as $ANN "$LARDER" unmount nas && echo "unmounted"
                """
            let result = try area.run(
                try #require(TestRun.program("unshare")), ["--mount", "sh", "-c", script],
                environment: [
                    "AREA": area.path, "LARDER": BuiltPrograms.larder, "ANN": "\(nobody)",
                    "BOB": "\(bob)", "LARDER_RUNTIME_DIR": area.path("home/run"),
                ])
            #expect(
                result.isSuccess
                    && result.output == """
                        public: for all
                        own: secret of ann
                        status: well
                        cache: \(nobody) 700
                        unmounted

                        """,
                "\(result)")
        }
    }
}

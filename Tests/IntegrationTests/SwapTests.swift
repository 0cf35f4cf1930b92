import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// In a view that several share, a name that was given to another's file gives nobody a right to it: each operation
    /// acts on the file that was looked at, or is refused.
    ///
    /// The victims have the same size and time as the user's own file. They are files of root's and of another user, folders
    /// of root's, FIFOs, devices, and links to a file of root's.
    @Suite(.needsRoot, .needs("gcc")) struct SwapTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            try Swapper.prepare(share)
        }

        private func options(_ consistency: String, _ more: [String] = []) -> RunningView.Options {
            var options = RunningView.Options(consistency: consistency)
            options.more = ["allow_other"] + more
            return options
        }

        private func expectFine(_ outcomes: [Swapper.Outcome], atLeast count: Int) {
            let broken = outcomes.filter { !$0.isFine }.map(\.description)
            #expect(broken == [])
            #expect(outcomes.count >= count, "\(outcomes)")
        }

        /// `LARDER_TEST_SCALE` above 1: each operation with each kind of victim.
        private var files: String { TestRun.scale > 1 ? "all-files" : "files" }

        /// Every operation after one exchange, on the share itself or through another view of it.
        @Test(
            .timeLimit(.minutes(4)),
            arguments: [
                ("eventual", "on the share"), ("strict", "on the share"), ("eventual", "by a view"),
            ])
        func noOperationReachesWhatWasSwappedIn(consistency: String, swapped: String) throws {
            let swapper = try Swapper(area)
            let isByAView = swapped == "by a view"
            let view = try RunningView(
                area, share: share, options(consistency, isByAView ? ["propagation=20ms"] : []))
            let other =
                isByAView
                ? try RunningView(area, share: share, name: "other", options("strict")) : nil
            let outcomes = try swapper.run(
                truth: share, swap: other?.path ?? share, view: view.path,
                // What was made on the share, the kernel has no pages of.
                maker: isByAView ? share : view.path, [files, "folders"])
            expectFine(outcomes, atLeast: 120)
            try other?.stop()
            try view.stop()
        }

        /// The names change places thousands of times while the user goes on and on.
        @Test(.timeLimit(.minutes(4)), arguments: ["eventual", "strict"])
        func noOperationReachesWhatIsSwappedMeanwhile(consistency: String) throws {
            let swapper = try Swapper(area)
            // In `eventual` every look asks again: else the view believes the share for seconds, and there is no race.
            let isEventual = consistency == "eventual"
            let view = try RunningView(
                area, share: share,
                options(consistency, isEventual ? ["rights=0s", "propagation=0s"] : []))
            let rounds = TestRun.scaled(1000)
            let outcomes = try swapper.run(
                truth: share, swap: share, view: view.path, maker: view.path, rounds: rounds,
                [
                    "read:root", "read:device", "write:root", "empty:other", "truncate:root",
                    "chmod:root", "chmod:link", "setxattr:root", "getxattr:root", "link:root",
                    "held-read-dirty:root", "held-map:root", "read-inside", "list",
                    "create-inside", "rename-into", "write-inside", "unlink-inside",
                ])
            expectFine(outcomes, atLeast: 18)
            // Both happen, or the two of them never met.
            let total = outcomes.reduce(into: (done: 0, refused: 0)) {
                $0.done += $1.done
                $0.refused += $1.refused
            }
            #expect(total.done > 0 && total.refused > 0, "\(outcomes)")
            #expect(outcomes.allSatisfy { $0.swaps > rounds / 2 }, "\(outcomes)")
            try view.stop()
        }

        /// A share that tells nothing of its files but their paths.
        @Test(.timeLimit(.minutes(4)), arguments: ["eventual", "strict"])
        func overAShareOfPaths(consistency: String) throws {
            let swapper = try Swapper(area)
            let nas = try RunningSlowShare(area, directory: share)
            let view = try RunningView(
                area, share: nas.path,
                options(consistency, consistency == "eventual" ? ["propagation=20ms"] : []))
            let outcomes = try swapper.run(
                truth: share, swap: share, view: view.path, maker: share, [files, "folders"])
            expectFine(outcomes, atLeast: 120)
            try view.stop()
        }

        /// sshfs decides nothing and knows files by their paths: what is swapped outside of races is told by owner and mode.
        @Test(.timeLimit(.minutes(4)), .needs("sshfs", "sshd", "ssh-keygen"))
        func overSSHFS() throws {
            let swapper = try Swapper(area)
            let server = try RunningSFTPServer(area, directory: share)
            // Each name is waited for: on a busy machine sshfs had remembered the folder without it.
            try server.mount(reconnect: false, remembersFolders: false)
            let view = try RunningView(
                area, share: server.path, options("eventual", ["propagation=20ms"]))
            let outcomes = try swapper.run(
                truth: share, swap: share, view: view.path, maker: share,
                [
                    "files:root", "read:other", "write:other", "chmod:other", "chown:other",
                    "read:link", "write:link", "chmod:link", "chmod:device",
                ])
            // A known hole, see SharedHolesTests.
            expectFine(
                outcomes.filter { !$0.description.contains(" held-read-writing ") }, atLeast: 50)
            try view.stop()
            try server.unmount()
        }

        /// Somebody who is not root mounts for all: his own files are what is to be had.
        ///
        /// In a mount namespace of its own, with `/dev/fuse` open to all and `user_allow_other` in `/etc/fuse.conf`.
        @Test(.timeLimit(.minutes(4)), .needs("fusermount3", "unshare", "mknod"))
        func inAViewOfAnOrdinaryUser() throws {
            _ = try Swapper(area)
            let owner = try #require(getpwnam("nobody")?.pointee.pw_uid)
            try area.makeDirectory("home")
            try Calls.setOwner(area.path("home"), owner)
            try Calls.write(Array("user_allow_other\n".utf8), to: area.path("fuse.conf"))
            let script = """
                set -e
                mknod -m 666 "$AREA/fuse" c 10 229
                mount --bind "$AREA/fuse" /dev/fuse
                mount --bind "$AREA/fuse.conf" /etc/fuse.conf
                chmod 755 "$AREA/home"
                as() { setpriv --reuid=$OWNER --regid=$OWNER --clear-groups -- "$@"; }
                as mkdir "$AREA/home/nas"
                as "$LARDER" mount "$AREA/share" "$AREA/home/nas" --background \
                    -o propagation=20ms,allow_other,cache="$AREA/home/cache" > /dev/null
                trap 'umount -l "$AREA/home/nas" 2> /dev/null || true' EXIT
                code=0
                "$AREA/swapper" "$AREA/share/d" "$AREA/share/d" "$AREA/home/nas/d" "$AREA/share/d" \
                    $ANN $OWNER 0 files folders || code=$?
                as "$LARDER" unmount "$AREA/home/nas" > /dev/null
                exit $code
                """
            let result = try area.run(
                try #require(TestRun.program("unshare")), ["--mount", "sh", "-c", script],
                within: 170,
                environment: [
                    "AREA": area.path, "LARDER": BuiltPrograms.larder, "OWNER": "\(owner)",
                    "ANN": "\(Swapper.ann)", "LARDER_RUNTIME_DIR": area.path("home/run"),
                ])
            let outcomes = try Swapper.outcomes(result)
            expectFine(outcomes, atLeast: 120)
        }
    }
}

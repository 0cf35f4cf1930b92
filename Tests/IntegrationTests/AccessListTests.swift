import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Whom a POSIX ACL of the share lets in, and whom it keeps out, it does so in a view.
    @Suite(.needsRoot, .needs("setpriv", "setfacl", "getfacl", "sh")) struct AccessListTests {
        private let area = Area.current
        private let ann = Swapper.ann

        /// Root makes it, as `$1`.
        private static let making = """
            cd $1; umask 022
            file() { echo $1 > $1; chmod $2 $1; shift 2; setfacl "$@"; }
            file denied 644 -m u:ANN:--- denied; file granted 600 -m u:ANN:r granted
            file writable 600 -m u:ANN:rw writable; file group 640 -m g:ANN:r group
            file masked 604 -m u:ANN:rw,m:- masked; file nogroup 664 -m g:ANN:- nogroup
            file plain 644 -b plain
            for name in closed open listed given; do mkdir $name; echo in > $name/inside; done
            chmod 755 closed; setfacl -m u:ANN:--- closed; chmod 700 open listed
            setfacl -m u:ANN:rwx open; setfacl -m u:ANN:r listed; chmod 777 given
            setfacl -d -m u:ANN:rwx,g::r,o::- given; setfacl -m u:ANN:rwx given
            """
        /// Ann does it, as `$1`; all that she sees is compared.
        private static let using = """
            cd $1
            for name in denied granted writable group masked nogroup plain; do
                cat $name; test -w $name && echo more >> $name; echo "$name $?"
                getfattr --only-values -n user.none $name; getfacl -c $name
            done
            for name in closed open listed given; do
                ls $name; cat $name/inside; echo new > $name/new; echo "$name $?"
                mkdir $name/folder; mv $name/inside $name/moved; rm $name/moved; ls $name
            done
            umask 077; echo own > open/own; chmod 640 open/own; setfacl -m u:65534:rw open/own
            stat -c %A open/own; chmod 600 open/own; stat -c %A open/own; getfacl -c open/own
            cp -a open/own given/copy; getfacl -c given/copy; setfacl -b open/own
            getfacl -c open/own; stat -c %A open/own given/new given/folder
            setfacl -m u:ANN:rw plain; setfacl -m u:65534:rwx open; getfacl -c open
            """

        private func run(
            _ script: String, _ folder: String, user: UInt32?, named: UInt32? = nil
        ) throws -> String {
            let script = script.replacing("ANN", with: "\(named ?? ann)")
            let result = try area.run(
                "/bin/sh", ["-c", "exec 2>&1\n" + script, "sh", folder], within: 60,
                directory: area.path, user: user)
            return result.output.replacing(folder, with: "")
        }

        private func view(
            _ share: String, _ options: RunningView.Options
        ) throws -> RunningView {
            var options = options
            options.more = ["allow_other"]
            return try RunningView(area, share: share, options)
        }

        private func made(_ name: String, for user: UInt32? = nil) throws -> String {
            let folder = try area.makeDirectory(name)
            _ = try run(Self.making, folder, user: nil, named: user)
            return folder
        }

        /// In a view that several share, over a file system of this machine and over one that is asked.
        @Test(arguments: ["directory", "slowshare"], [RunningView.Options(), .strict])
        func decideAsOnTheShare(kind: String, options: RunningView.Options) throws {
            let (plain, truth) = (try made("plain"), try made("truth"))
            let slow =
                kind == "slowshare" ? try RunningSlowShare(area, directory: truth) : nil
            let view = try view(slow?.path ?? truth, options)
            let expected = try run(Self.using, plain, user: ann)
            #expect(try run(Self.using, view.path, user: ann) == expected)
            let all = "cd $1; getfacl -R . | sort; ls -lR | tr -s ' ' | cut -d' ' -f 1-5,9"
            #expect(try run(all, truth, user: nil) == (try run(all, plain, user: nil)))
            #expect(try run(all, view.path, user: nil) == (try run(all, plain, user: nil)))
            try view.stop()
        }

        /// In a view of one's own over a file system of this machine, which its user may mount as udev makes `/dev/fuse`.
        @Test(.needs("fusermount3", "unshare", "mknod")) func decideForWhoHasAViewToHerself() throws
        {
            let (plain, truth) = (try made("plain", for: 65_534), try made("truth", for: 65_534))
            let home = try area.makeDirectory("home")
            try Calls.setOwner(home, 65_534)
            let script = """
                mknod -m 666 fuse c 10 229; mount --bind fuse /dev/fuse
                as() { setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"; }
                as mkdir home/view
                as "$LARDER" mount truth home/view -o cache=$PWD/home/cache --background > /dev/null
                trap 'umount -l home/view' EXIT
                as sh -c "exec 2>&1
                $USING" sh $PWD/home/view
                """
            let seen = try area.run(
                try #require(TestRun.program("unshare")), ["--mount", "sh", "-c", script],
                within: 60, directory: area.path,
                environment: [
                    "LARDER": BuiltPrograms.larder, "LARDER_RUNTIME_DIR": "\(home)/run",
                    "USING": Self.using.replacing("ANN", with: "65534"),
                ])
            let expected = try run(Self.using, plain, user: 65_534, named: 65_534)
            #expect(seen.output.replacing("\(home)/view", with: "") == expected, "\(seen)")
            let all = "cd $1; getfacl -R . | sort"
            #expect(try run(all, truth, user: nil) == (try run(all, plain, user: nil)))
        }

        /// Who goes through a folder does not wait for each file's ACL.
        @Test func thoseOfTheNextFilesAreAskedForAhead() throws {
            let truth = try area.makeDirectory("truth")
            for number in 0..<40 {
                try TestLibrary.file("\(truth)/\(number)", Array("\(number)\n".utf8))
            }
            let share = try RunningSlowShare(area, directory: truth)
            let view = try view(share.path, RunningView.Options())
            let asked = { try share.statistics().operations["getxattr", default: 0] }
            #expect(try run("cd $1; set -- $(ls -U); cat $1", view.path, user: ann) != "")
            #expect(try asked() < 10, "one file is not a walk")
            #expect(try run("cd $1; set -- $(ls -U); cat $2", view.path, user: ann) != "")
            try waitUntil("the next ones are asked for") { try asked() >= 15 }
            #expect(try asked() < 40)
            try view.stop()
        }

        /// A right that is given or taken on the share, with the mode as before.
        @Test(arguments: ["directory", "slowshare"]) func areSeenToChange(kind: String) throws {
            let truth = try made("truth")
            let slow =
                kind == "slowshare" ? try RunningSlowShare(area, directory: truth) : nil
            let view = try view(slow?.path ?? truth, .eventual(propagation: "20ms"))
            let look = "cd $1; cat denied; cat granted; cat open/inside; cat closed/inside"
            func letIn() throws -> String {
                try run("(\(look)) 2> /dev/null", view.path, user: ann)
            }
            #expect(try letIn() == "granted\nin\n")
            _ = try run(
                """
                cd $1; setfacl -m u:ANN:r denied; setfacl -m u:ANN:--- granted
                setfacl -m u:ANN:--- open; setfacl -m u:ANN:rx closed
                """, truth, user: nil)
            try waitUntil("what the share says now holds") { try letIn() == "denied\nin\n" }
            try view.stop()
        }

        /// What was let in, and kept out, before the share went away, also after a restart.
        @Test(arguments: ["hang", "offline"]) func holdWithTheShareAway(word: String) throws {
            let truth = try made("truth")
            // Contents that have just been written are not kept over a restart.
            _ = try run("find $1 -type f -exec touch -d @1500000000 {} +", truth, user: nil)
            let share = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options()
            options.timeout = "2s"
            options.more = ["allow_other"]
            let view = try RunningView(area, share: share.path, options)
            let look =
                "cd $1; for n in denied granted open/inside closed/inside plain; do cat $n; done"
            func letIn() throws -> String {
                try run("(\(look)) 2> /dev/null", view.path, user: ann)
            }
            let before = try letIn()
            #expect(before == "granted\nin\nplain\n")
            try view.waitForDisk()
            // As the view's own user lists them, so do they outlast the mount.
            _ = try run("ls -lR $1", view.path, user: nil)
            #expect(try letIn() == before)
            try share.control(word)
            #expect(try letIn() == before)
            try share.control("online")
            try view.restart(options)
            try share.control(word)
            #expect(try letIn() == before)
            try share.control("online")
            try view.stop()
        }
    }
}

import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// What ordinary users do in a view that root mounted for all works as on the directory itself.
    @Suite(.needsRoot, .needs("setpriv", "sh", "git", "sqlite3", "tar")) struct SharedUseTests {
        private let area = Area.current
        private let ann = Swapper.ann
        /// A group that ann is in besides her own.
        private let team: UInt32 = 23_100

        /// The same things on both sides of a view.
        private func prepare(_ place: String) throws {
            try Calls.setMode(place, 0o777)
            func file(_ name: String, _ mode: mode_t, user: UInt32, group: UInt32) throws {
                try TestLibrary.file("\(place)/\(name)", Array("#!/bin/echo it runs\n".utf8))
                _ = try Calls.check { chown("\(place)/\(name)", user, group) }
                try Calls.setMode("\(place)/\(name)", mode)
            }
            func folder(_ name: String, _ mode: mode_t, group: UInt32) throws {
                try Calls.makeDirectory("\(place)/\(name)")
                _ = try Calls.check { chown("\(place)/\(name)", 0, group) }
                try Calls.setMode("\(place)/\(name)", mode)
            }
            try file("team.txt", 0o660, user: 0, group: team)
            try file("closed.txt", 0o600, user: 0, group: team)
            try file("others.txt", 0o606, user: 0, group: team)
            try folder("team", 0o2770, group: team)
            try folder("sticky", 0o1777, group: 0)
            try file("sticky/roots", 0o666, user: 0, group: 0)
            try folder("search", 0o711, group: 0)
            try file("search/known", 0o644, user: 0, group: 0)
            // Read by nobody, run by all.
            let program = try Calls.contents("/bin/true")
            try Calls.write(program, to: "\(place)/program")
            try Calls.setMode("\(place)/program", 0o711)
        }

        private static let script = """
            say() { "$@" 2>&1 | sed 's/^[^:]*: //'; }
            mode() { stat -c '%n %a %u %g %h %F' "$@"; }
            umask 022
            echo "# groups"; say cat team.txt; echo more >> team.txt && say cat team.txt
            say cat closed.txt; say cat others.txt
            echo new > team/new; mkdir team/inner; echo x > team/inner/x
            mode team team/new team/inner team/inner/x
            echo "# sticky"; say rm -f sticky/roots; say mv sticky/roots sticky/mine
            echo mine > sticky/mine && mv sticky/mine sticky/other && rm sticky/other && echo done
            echo changed >> sticky/roots && say cat sticky/roots
            echo "# search"; say ls search; say cat search/known; say cat search/none
            echo "# programs"; ./program && echo it ran; say cat program; say ./closed.txt
            echo "# owners"; echo own > own; chmod 640 own; mode own; chmod 4755 own; mode own
            echo x > own; mode own; chgrp $TEAM own; mode own; chmod 2755 own; mode own
            say chgrp 0 own; say chown 0 own; say chmod 777 search; say touch -d 2001-01-01 team.txt
            touch team.txt && echo touched; touch -d 2001-01-01 own; stat -c %y own
            echo "# links"; ln own second; mode own second; rm second; say ln closed.txt stolen
            ln -s own soft; readlink soft; mkfifo fifo; mode fifo soft
            echo "# umask"; umask 077; echo x > tight; mkdir tighter; mode tight tighter; umask 0
            echo x > loose; mkdir looser; mode loose looser; umask 022
            echo "# attributes"; setfattr -n user.k -v v own; getfattr -n user.k own
            say setfattr -n user.k -v v closed.txt; say setfattr -n user.k -v v search/known
            echo "# git"; mkdir repo; cd repo; git init -q . 2>&1; git config user.email a@b
            git config user.name ann; echo a > a; git add a; git commit -qm first 2>&1
            git log --format=%s; git status --short; git gc -q 2>&1; git fsck 2>&1; cd ..
            echo "# sqlite"
            sqlite3 base.db 'create table t(a); insert into t values(1),(2); select sum(a) from t;' 2>&1
            echo "# tar"; mkdir a a/b; echo x > a/b/c; ln -s b a/l; tar cf a.tar a; rm -r a
            tar xpf a.tar; find a | sort; say tar cf b.tar closed.txt
            echo "# end"; rm -rf repo a team/inner; ls
            """

        /// - Returns: what the script says in a place.
        private func transcript(_ place: String) throws -> String {
            let result = try area.run(
                try #require(TestRun.program("setpriv")),
                [
                    "--reuid=\(ann)", "--regid=\(ann)", "--groups=\(team)", "--", "sh", "-c",
                    Self.script,
                ], within: 100, directory: place,
                environment: ["TEAM": "\(team)", "HOME": "/nonexistent"])
            return result.output + result.errors
        }

        @Test(.timeLimit(.minutes(3)), arguments: ["eventual", "strict"])
        func aViewIsAsItsDirectory(consistency: String) throws {
            let plain = try area.makeDirectory("plain")
            let share = try area.makeDirectory("share")
            try prepare(plain)
            try prepare(share)
            var options = RunningView.Options(consistency: consistency)
            options.more = ["allow_other"]
            let view = try RunningView(area, share: share, options)
            let expected = try transcript(plain).split(separator: "\n")
            let found = try transcript(view.path).split(separator: "\n")
            #expect(expected.contains("it ran") && expected.contains("3"), "\(expected)")
            for change in found.difference(from: expected) { Issue.record("\(change)") }
            try view.stop()
        }
    }
}

import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Programs that people use work in a view as they do in a directory, and the share holds what they made.
    @Suite struct WriteClientsTests {
        private let area = Area.current
        private let share: String
        private let view: RunningView

        init() throws {
            share = try area.makeDirectory("share")
            try TestLibrary.file("\(share)/readme.txt", Array("here\n".utf8))
            view = try RunningView(area, share: share)
        }

        private func run(
            _ program: String, _ arguments: [String], within seconds: Double = 90,
            in directory: String? = nil
        ) throws -> CommandResult {
            let path = try #require(TestRun.program(program), "\(program) is not installed")
            let environment = [
                // A look at the share itself is not to change it.
                "GIT_OPTIONAL_LOCKS": "0", "HOME": area.path, "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_AUTHOR_NAME": "t",
                "GIT_AUTHOR_EMAIL": "t@example.org", "GIT_COMMITTER_NAME": "t",
                "GIT_COMMITTER_EMAIL": "t@example.org",
            ]
            return try area.run(
                path, arguments, within: seconds, directory: directory, environment: environment)
        }

        /// - Returns: what the shell printed.
        @discardableResult
        private func shell(
            _ script: String, in directory: String, within seconds: Double = 90
        ) throws -> String {
            let result = try run("sh", ["-euc", script], within: seconds, in: directory)
            #expect(result.isSuccess, "\(script)\n\(result)")
            return result.output
        }

        private func expectSame() throws {
            let differences = try view.differences()
            #expect(differences == [])
            try view.restart()
            let later = try view.differences()
            #expect(later == [], "after a restart")
            try view.stop()
        }

        private func makeSource() throws -> String {
            let source = try area.makeDirectory("source")
            var generator = SplitMix(seed: TestRun.seed &+ 6000)
            try TestLibrary.make(source, using: &generator)
            return source
        }

        /// `rsync --inplace` leaves links that were parted in the source together, so a plain directory says what is right.
        @Test(.needs("rsync")) func rsyncBringsATreeAndItsChanges() throws {
            let source = try makeSource()
            let target = "\(view.path)/copy"
            let plain = "\(area.path)/plain"
            /// - Returns: what a copy lacks of the source.
            func differences(_ place: String) throws -> String {
                let check = try run(
                    "rsync",
                    [
                        "-aHc", "--delete", "--dry-run", "--itemize-changes", "\(source)/",
                        "\(place)/",
                    ])
                #expect(check.isSuccess, "\(check)")
                return check.output
            }
            func sync(_ options: [String]) throws {
                for place in [target, plain] {
                    let sync = try run("rsync", options + ["--delete", "\(source)/", "\(place)/"])
                    #expect(sync.isSuccess, "\(sync)")
                }
                let right = try differences(plain)
                for place in [target, "\(share)/copy"] {
                    let found = try differences(place)
                    #expect(found == right, "\(place) after \(options), seed \(TestRun.seed)")
                }
            }
            try sync(["-aH"])
            #expect(try differences(target) == "")
            var changer = try ShareChanger(root: source)
            var generator = SplitMix(seed: TestRun.seed &+ 6001)
            // By contents or all: rsync's look at size and second misses what changes twice in one.
            for options in [
                ["-aHc"], ["-aHI", "--inplace", "--no-whole-file"], ["-aHc", "--append"],
            ] {
                for _ in 0..<25 { _ = try changer.change(&generator) }
                try sync(options)
                // What was written in place is made anew by the next round, for as far as rsync makes it at all.
                try sync(["-aHc"])
            }
            try expectSame()
        }

        @Test(.needs("git")) func gitWorksInTheView() throws {
            let source = try makeSource()
            try shell("git init -q -b main . && git add -A && git commit -qm first", in: source)
            try shell("git clone -q '\(source)' work", in: view.path)
            let work = "\(view.path)/work"
            try shell(
                """
                for round in 1 2 3; do
                    for name in one two three; do echo "$round $name" >> "$name.txt"; done
                    mkdir -p "folder$round" && seq 2000 > "folder$round/numbers"
                    git add -A && git commit -qm "round $round"
                done
                git mv one.txt first.txt && git commit -qam renamed
                git branch side HEAD~2 && git checkout -q side && echo side > side.txt
                git add -A && git commit -qm side && git checkout -q main && git merge -q --no-edit side
                git gc -q --prune=now && git fsck --full --strict
                git stash list && git status --porcelain
                """, in: work)
            for place in [work, "\(share)/work"] {
                let status = try run("git", ["status", "--porcelain"], in: place)
                #expect(status.isSuccess && status.output == "", "\(status)")
                let check = try run("git", ["fsck", "--full", "--strict"], in: place)
                #expect(check.isSuccess, "\(check)")
                let count = try run("git", ["rev-list", "--count", "HEAD"], in: place)
                #expect(count.output == "7\n", "\(count)")
            }
            try expectSame()
        }

        /// Two writers at once, and a reader of the share afterwards.
        @Test(.needs("sqlite3"), arguments: ["wal", "delete"])
        func databasesAreWrittenInTheView(mode: String) throws {
            let base = "\(view.path)/notes.sqlite"
            try shell(
                """
                sqlite3 notes.sqlite 'pragma journal_mode=\(mode); create table notes(id integer primary key, who, text)'
                write() {
                    for round in $(seq 25); do
                        echo "begin immediate; with recursive n(i) as (select 1 union all select i+1 from n where i<40)
                            insert into notes(who, text) select '$1', hex(randomblob(60)) from n;
                            update notes set text = upper(text) where id % 7 = 0; commit;"
                    done | sqlite3 -cmd '.timeout 60000' -bail notes.sqlite
                }
                write one & first=$!
                write two & second=$!
                wait $first && wait $second
                """, in: view.path)
            let query =
                "pragma integrity_check; select who, count(*) from notes group by who order by who"
            let expected = "ok\none|1000\ntwo|1000\n"
            #expect(try run("sqlite3", [base, query]).output == expected)
            let sum = "select count(*), sum(length(text)), max(text), min(text) from notes"
            let shown = try run("sqlite3", [base, sum])
            let held = try run("sqlite3", ["\(share)/notes.sqlite", query])
            #expect(held.output == expected, "on the share: \(held)")
            let heldSum = try run("sqlite3", ["\(share)/notes.sqlite", sum])
            #expect(shown.isSuccess && shown.output == heldSum.output, "\(shown) \(heldSum)")
            try waitUntil("the view shows what the last reader left") {
                try view.differences() == []
            }
            try view.stop()
        }

        @Test(.needs("tar", "diff")) func tarPacksAndUnpacks() throws {
            let source = try makeSource()
            try shell("tar -cf '\(view.path)/all.tar' .", in: source)
            try shell(
                "mkdir out && tar -xpf all.tar -C out && diff -r --no-dereference out '\(source)'",
                in: view.path)
            try shell(
                "tar -df all.tar -C out && rm -r out && mkdir out && tar -xpzf /dev/stdin -C out < all.tar || tar -xpf all.tar -C out",
                in: view.path)
            try shell("tar -df '\(share)/all.tar' -C '\(share)/out'", in: share)
            try expectSame()
        }

        @Test(.needs("gcc", "make")) func aCompilerBuildsAProject() throws {
            let project = "\(view.path)/project"
            try shell(
                """
                mkdir project && cd project && mkdir src obj
                printf 'int total(int);\\n#define LAST 6\\n' > src/all.h
                for n in 1 2 3 4 5 6; do
                    printf '#include "all.h"\\nint part%s(int x) { return x * %s; }\\n' $n $n > src/part$n.c
                done
                {
                    echo '#include <stdio.h>'
                    for n in 1 2 3 4 5 6; do echo "int part$n(int);"; done
                    echo 'int main(void) { int sum = 0;'
                    for n in 1 2 3 4 5 6; do echo "sum += part$n(1);"; done
                    printf '%s\n' 'printf("%d\\n", sum); return 0; }'
                } > src/main.c
                printf 'objects = $(patsubst src/%%.c,obj/%%.o,$(wildcard src/*.c))\\n' > Makefile
                printf 'program: $(objects)\\n\\tgcc -g -o $@ $^\\n' >> Makefile
                printf 'obj/%%.o: src/%%.c src/all.h\\n\\tgcc -g -c -o $@ $<\\n' >> Makefile
                make -j4 > log && ./program > result
                """, in: view.path)
            #expect(try view.contents("project/result") == Array("21\n".utf8))
            #expect(try shell("make", in: project).contains("up to date"))
            // Also what was just run is replaced, and run again.
            try shell(
                "sed -i 's/x \\* 6/x * 7/' src/part6.c && make && ./program > result", in: project)
            #expect(try Calls.contents("\(share)/project/result") == Array("22\n".utf8))
            #expect(try shell("./program", in: "\(share)/project") == "22\n")
            try expectSame()
        }

        @Test(.needs("fio"), arguments: ["psync", "mmap", "libaio", "direct"])
        func fioReadsBackWhatItWrote(engine: String) throws {
            let isDirect = engine == "direct"
            let words = [
                "--name=job", "--directory=\(view.path)", "--size=3M", "--bs=4k", "--rw=randrw",
                "--rwmixread=30", "--verify=crc32c", "--verify_backlog=64", "--numjobs=2",
                "--ioengine=\(isDirect ? "libaio" : engine)", "--iodepth=8", "--fallocate=none",
                "--direct=\(isDirect ? 1 : 0)", "--verify_fatal=1", "--end_fsync=1",
                "--group_reporting", "--verify_state_save=0",
            ]
            let result = try run("fio", words)
            #expect(result.isSuccess && !result.output.contains("verify: bad"), "\(result)")
            let differences = try view.differences()
            #expect(differences == [])
            try view.stop()
        }

        @Test(.needs("stress-ng")) func stressorsFindNothing() throws {
            let stressors = [
                "--hdd", "--rename", "--dentry", "--dir", "--fallocate", "--chmod", "--utime",
                "--xattr", "--iomix", "--fpunch", "--seek", "--filename",
            ].flatMap { [$0, "1"] }
            let seconds = TestRun.scaled(2)
            let limits = [
                "--hdd-bytes", "8M", "--dentries", "50", "--fallocate-bytes", "4M",
                "--iomix-bytes", "4M", "--seek-size", "4M",
            ]
            let result = try run(
                "stress-ng",
                ["--temp-path", view.path, "--verify", "--timeout", "\(seconds)", "--seed", "1"]
                    + stressors + limits, within: 120)
            #expect(result.isSuccess, "\(result)")
            let differences = try view.differences()
            #expect(differences == [])
            try view.stop()
        }
    }
}

import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// What programs that people use see in a view is what they see in the share.
    @Suite struct ClientsTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            var generator = SplitMix(seed: 17)
            try TestLibrary.make(share, using: &generator)
        }

        private func run(_ program: String, _ arguments: String..., directory: String? = nil) throws
            -> CommandResult
        {
            let path = try #require(TestRun.program(program), "\(program) is not installed")
            return try area.run(path, arguments, within: 60, directory: directory)
        }

        @Test(.needs("rsync", "tar", "sha256sum", "find", "cp", "diff")) func copyingAndComparing()
            throws
        {
            let view = try RunningView(area, share: share)
            for round in ["cold", "warm", "after a restart"] {
                if round == "after a restart" {
                    try view.waitForDisk()
                    try view.restart()
                }
                let rsync = try run(
                    "rsync", "-rlptgoHc", "--dry-run", "--itemize-changes", "\(share)/",
                    "\(view.path)/")
                #expect(rsync.isSuccess && rsync.output == "", "\(round): \(rsync)")
                let back = try run(
                    "rsync", "-rlptgoHc", "--dry-run", "--itemize-changes", "\(view.path)/",
                    "\(share)/")
                #expect(back.isSuccess && back.output == "", "\(round): \(back)")

                let archives = try ["share": share, "view": view.path].mapValues { directory in
                    let file = area.fresh("tar")
                    let tar = try run("tar", "--sort=name", "-cf", file, "-C", directory, ".")
                    #expect(tar.isSuccess, "\(tar)")
                    return file
                }
                let same = try run("cmp", archives["share"] ?? "", archives["view"] ?? "")
                #expect(same.isSuccess, "\(round): tar of the view is another: \(same)")
                for file in archives.values { try Calls.unlink(file) }
            }

            let sums = area.path("sums")
            let made = try run(
                "sh", "-c", "find . -type f -print0 | xargs -0 sha256sum > '\(sums)'",
                directory: share)
            #expect(made.isSuccess, "\(made)")
            let checked = try run("sha256sum", "--quiet", "-c", sums, directory: view.path)
            #expect(checked.isSuccess, "\(checked)")

            let copied = try run("cp", "-a", view.path, area.path("copy"))
            #expect(copied.isSuccess, "\(copied)")
            let diff = try run("diff", "-r", "--no-dereference", share, area.path("copy"))
            #expect(diff.isSuccess, "\(diff)")

            let format = "%P %y %s %m %n %T@ %l\n"
            let left = try run("find", share, "-printf", format).output.split(separator: "\n")
                .sorted()
            let right = try run("find", view.path, "-printf", format).output.split(separator: "\n")
                .sorted()
            #expect(left == right)
            let usage = try [share, view.path].map {
                try run("du", "-s", "--apparent-size", "-b", $0).output.split(separator: "\t")[0]
            }
            #expect(usage[0] == usage[1])
            try view.stop()
        }

        /// Videos whose index lies at the end, and one that is made of clusters; probed, decoded,
        /// sought in.
        @Test(.needs("ffmpeg", "ffprobe")) func playingVideos() throws {
            for name in ["film.mp4", "film.mkv", "film.ts", "film.avi"] {
                let made = try run(
                    "ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                    "testsrc2=size=640x360:rate=25:duration=6",
                    "-f", "lavfi", "-i", "sine=frequency=440:duration=6", "-c:v", "mpeg4", "-b:v",
                    "3M",
                    "-c:a", "mp2", "\(share)/\(name)")
                #expect(made.isSuccess, "\(made)")
            }
            let view = try RunningView(area, share: share)
            for round in ["cold", "warm", "after a restart"] {
                if round == "after a restart" {
                    try view.waitForDisk()
                    try view.restart()
                }
                for name in ["film.mp4", "film.mkv", "film.ts", "film.avi"] {
                    let probes = try [share, view.path].map { directory in
                        try run(
                            "ffprobe", "-v", "error", "-show_format", "-show_streams", "-of",
                            "compact", name, directory: directory)
                    }
                    #expect(
                        probes[1].isSuccess && probes[0].output == probes[1].output,
                        "\(round): \(probes[1])")
                    let sought = try [share, view.path].map { directory in
                        try run(
                            "ffmpeg", "-v", "error", "-ss", "4", "-i", name, "-frames:v", "5", "-f",
                            "framemd5", "-", directory: directory)
                    }
                    #expect(
                        sought[1].isSuccess && sought[0].output == sought[1].output,
                        "\(round): \(name)")
                    let played = try run(
                        "ffmpeg", "-v", "error", "-i", "\(view.path)/\(name)", "-f", "null", "-")
                    #expect(played.isSuccess && played.errors == "", "\(round): \(played)")
                }
            }
            try view.stop()
        }

        @Test(.needs("git")) func aGitRepositoryInTheView() throws {
            let made = try run(
                "sh", "-c",
                "git init -q . && git add -A && git -c user.name=t -c user.email=t@example.org commit -qm all",
                directory: share)
            #expect(made.isSuccess, "\(made)")
            let view = try RunningView(area, share: share)
            for _ in 0..<2 {
                // Optional locks are for repositories that can be written.
                let status = try run(
                    "git", "--no-optional-locks", "-c", "safe.directory=*", "status", "--porcelain",
                    directory: view.path)
                #expect(status.isSuccess && status.output == "", "\(status)")
                let check = try run(
                    "git", "-c", "safe.directory=*", "fsck", "--full", directory: view.path)
                #expect(check.isSuccess, "\(check)")
            }
            try Calls.write(Array("changed".utf8), to: "\(share)/folder0/new file")
            try waitUntil("git sees the new file", within: 30, poll: 0.5) {
                try run(
                    "git", "--no-optional-locks", "-c", "safe.directory=*", "status", "--porcelain",
                    directory: view.path
                ).output.contains("new file")
            }
            try view.stop()
        }

        @Test(.needs("sqlite3")) func aDatabaseInTheView() throws {
            let made = try run(
                "sqlite3", "\(share)/notes.sqlite",
                "create table notes(id integer primary key, text); with recursive n(i) as (select 1 union all select "
                    + "i+1 from n where i<20000) insert into notes select i, hex(randomblob(40)) from n; "
                    + "create index by_text on notes(text);")
            #expect(made.isSuccess, "\(made)")
            let view = try RunningView(area, share: share)
            let queries = [
                "PRAGMA integrity_check", "select count(*), max(text), min(text) from notes",
            ]
            for query in queries {
                let answers = try [share, view.path].map {
                    try run("sqlite3", "file:\($0)/notes.sqlite?immutable=1", query)
                }
                #expect(
                    answers[1].isSuccess && answers[0].output == answers[1].output, "\(answers[1])")
            }
            try view.stop()
        }
    }
}

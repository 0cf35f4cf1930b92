import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// A share below whose root other file systems lie, each of which numbers its files from one.
    @Suite(.needsRoot) struct NestedShareTests {
        private let area = Area.current
        private let share: String
        private static let folders = ["", "/a", "/a/b", "/c"]

        init() throws {
            share = try area.makeDirectory("share")
            for folder in Self.folders { try fill(folder) }
        }

        private func fill(_ folder: String) throws {
            let path = share + folder
            if !Calls.exists(path) { try Calls.makeDirectory(path) }
            try area.mountMemory(on: path, mebibytes: 8 + folder.utf8.count)
            try Calls.write(Array("in \(folder)".utf8), to: "\(path)/f")
            try Calls.link("\(path)/f", to: "\(path)/g")
        }

        /// `st_ino` by path.
        private func numbers(_ view: RunningView) throws -> [[UInt8]: ino_t] {
            var numbers: [[UInt8]: ino_t] = [:]
            for (path, status) in try FileTree.paths(view.path) { numbers[path] = status.st_ino }
            return numbers
        }

        @Test func twoFilesHaveTwoNumbers() throws {
            let view = try RunningView(area, share: share)
            let all = try numbers(view)
            #expect(all.count == 11)
            let root = try Calls.status(view.path).st_ino
            #expect(Set(all.values).union([root]).count == 8)
            let links = Self.folders.map { all[Array("\($0)/f".dropFirst().utf8)] }
            let others = Self.folders.map { all[Array("\($0)/g".dropFirst().utf8)] }
            #expect(links == others && !links.contains(nil))
            try view.restart()
            #expect(try numbers(view) == all)
            try view.stop()
        }

        /// They go by the numbers.
        @Test func programsLeaveNothingOut() throws {
            let view = try RunningView(area, share: share)
            let found = try area.run("/usr/bin/find", [view.path])
            #expect(found.isSuccess && found.errors.isEmpty, "\(found)")
            #expect(found.output.split(separator: "\n").count == 12)
            let copy = try area.makeDirectory("copy")
            let archived = try area.run(
                "/bin/sh", ["-c", "tar -C '\(view.path)' -c . | tar -C '\(copy)' -x"])
            #expect(archived.isSuccess, "\(archived)")
            let compared = try area.run("/usr/bin/diff", ["-r", share, copy])
            #expect(compared.isSuccess, "\(compared)")
            try view.stop()
        }

        @Test func roomIsThatOfTheFileSystem() throws {
            let view = try RunningView(area, share: share)
            for folder in Self.folders {
                var (shown, own) = (statvfs(), statvfs())
                try #require(statvfs(view.path + folder, &shown) == 0)
                try #require(statvfs(share + folder, &own) == 0)
                #expect(shown.f_blocks * shown.f_frsize == own.f_blocks * own.f_frsize, "\(folder)")
            }
            try view.stop()
        }

        /// The folder that a program stands in is the same after its file system was mounted anew.
        @Test func whatIsMountedAnewKeepsItsNumber() throws {
            let view = try RunningView(area, share: share)
            let before = try Calls.status("\(view.path)/c").st_ino
            let unmounted = try area.run("/bin/umount", ["-l", "\(share)/c"])
            try #require(unmounted.isSuccess, "\(unmounted)")
            try fill("/c")
            try Calls.write(Array("new".utf8), to: "\(share)/c/new")
            try view.evict()
            #expect(try view.contents("c/new") == Array("new".utf8))
            #expect(try Calls.status("\(view.path)/c").st_ino == before)
            try view.stop()
        }

        /// Who goes there is in what is mounted then, whether he looks at its name, lists what is above, or stays there while it is
        /// taken away.
        @Test(.needs("perl"), arguments: ["eventual", "strict"])
        func whoGoesToAnAutomountPointIsThere(consistency: String) throws {
            try Calls.makeDirectory("\(share)/auto")
            let source = try area.makeDirectory("source")
            try area.mountMemory(on: source)
            try Calls.write(Array("mounted\n".utf8), to: "\(source)/f")
            let automounter = try Automounter(area, mounting: source, on: "\(share)/auto")
            var options = RunningView.Options(consistency: consistency)
            options.more = ["allow_other"]
            let view = try RunningView(area, share: share, options)
            let steps = [
                "cd auto", "cat auto/f", "ls >/dev/null; cd auto", "stat auto >/dev/null; ls auto",
            ]
            for step in steps {
                try view.stop()
                try automounter.unmount()
                try view.start(options)
                let went = try area.run("/bin/sh", ["-c", "\(step) && ls"], directory: view.path)
                #expect(went.isSuccess && went.errors.isEmpty, "\(step): \(went)")
            }
            let stays = try area.run(
                "/bin/sh",
                [
                    "-c",
                    "touch f; umount -l '\(automounter.path)' && cat f && ls && ls -d ../auto",
                ],
                directory: "\(view.path)/auto")
            #expect(stays.output == "mounted\nf\n../auto\n", "\(stays)")
            try view.stop()
        }
    }
}

import Glibc
import Model
import Platform
import TestSupport
import Testing

extension IntegrationTests {
    /// The view is read-only: every change is refused with `EROFS` before anything is touched.
    @Suite struct ReadOnlyTests {
        @Test func everyChangeIsRefusedAndTouchesNothing() throws {
            let area = Area.current
            let share = try area.makeDirectory("share")
            var generator = SplitMix(seed: 18)
            try TestLibrary.make(
                share, folders: 2, filesPerFolder: 4, bigFiles: 0, using: &generator)
            try TestLibrary.file("\(share)/file.txt", [1, 2, 3])
            try Calls.symbolicLink("file.txt", at: "\(share)/link")
            let before = try snapshot(share)
            let view = try RunningView(area, share: share, RunningView.Options(more: ["ro"]))
            let (file, fresh, folder) = (
                "\(view.path)/file.txt", "\(view.path)/new", "\(view.path)/folder0"
            )
            let opened = try Calls.open(file)
            let changes: [(String, () throws(Errno) -> Void)] = [
                ("open for writing", { () throws(Errno) in _ = try Calls.open(file, O_WRONLY) }),
                ("open for both", { () throws(Errno) in _ = try Calls.open(file, O_RDWR) }),
                (
                    "open and truncate",
                    { () throws(Errno) in _ = try Calls.open(file, O_RDONLY | O_TRUNC) }
                ),
                ("append", { () throws(Errno) in _ = try Calls.open(file, O_WRONLY | O_APPEND) }),
                ("create", { () throws(Errno) in _ = try Calls.open(fresh, O_WRONLY | O_CREAT) }),
                (
                    "create by reading",
                    { () throws(Errno) in _ = try Calls.open(fresh, O_RDONLY | O_CREAT) }
                ),
                ("mkdir", { () throws(Errno) in try Calls.makeDirectory(fresh) }),
                ("rmdir", { () throws(Errno) in try Calls.removeDirectory("\(folder)/empty") }),
                ("unlink", { () throws(Errno) in try Calls.unlink(file) }),
                ("rename", { () throws(Errno) in try Calls.rename(file, to: fresh) }),
                ("rename a folder", { () throws(Errno) in try Calls.rename(folder, to: fresh) }),
                ("link", { () throws(Errno) in try Calls.link(file, to: fresh) }),
                ("symlink", { () throws(Errno) in try Calls.symbolicLink("file.txt", at: fresh) }),
                ("mkfifo", { () throws(Errno) in try Calls.makeFIFO(fresh) }),
                ("chmod", { () throws(Errno) in try Calls.setMode(file, 0o600) }),
                ("chown", { () throws(Errno) in try Calls.setOwner(file, 1234) }),
                ("truncate", { () throws(Errno) in try Calls.truncate(file, 1) }),
                ("utimes", { () throws(Errno) in try Calls.setModified(file, seconds: 1) }),
                (
                    "setxattr",
                    { () throws(Errno) in
                        try FileCalls.setExtendedAttribute(
                            of: opened.descriptor, Name("user.note"), to: [1], flags: 0)
                    }
                ),
                (
                    "removexattr",
                    { () throws(Errno) in
                        try FileCalls.removeExtendedAttribute(
                            of: opened.descriptor, Name("user.note"))
                    }
                ),
                (
                    "fallocate",
                    { () throws(Errno) in
                        let error = posix_fallocate(opened.descriptor, 0, 100)
                        // Of a descriptor that was opened for reading.
                        throw error == EBADF ? .readOnlyFileSystem : Errno(rawValue: error)
                    }
                ),
            ]
            for (name, change) in changes {
                let error = try view.guarded(name) { () -> Errno? in
                    do throws(Errno) {
                        try change()
                        return nil
                    } catch {
                        return error
                    }
                }
                #expect(
                    error == .readOnlyFileSystem, "\(name): \(error.map { "\($0)" } ?? "done!")")
            }
            #expect(try snapshot(share) == before, "the share was touched")
            #expect(try view.differences() == [])
            // Asked beforehand, the answer is the same.
            #expect(throws: Errno.readOnlyFileSystem) { try Calls.access(file, W_OK) }
        }

        private func snapshot(_ directory: String) throws -> [String] {
            try FileTree.paths(directory).map { path, status in
                "\(path.printable) \(status.st_mode) \(status.st_uid) \(status.version)"
            }.sorted()
        }
    }
}

import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Names are bytes and pass unharmed; every kind of file is shown as what it is; paths work
    /// beyond PATH_MAX.
    @Suite struct NamesTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
        }

        @Test func namesAreBytes() throws {
            let names: [[UInt8]] = [
                Array("new\nline".utf8), Array("\n".utf8), [0xFF, 0xFE, 0x80], [0xC3],
                [1, 2, 3, 0x1B, 0x7F],
                [UInt8](repeating: 0x61, count: 255), Array(String(repeating: "日", count: 85).utf8),
                Array("\"quoted\" 'and' \\escaped\\".utf8), Array(" ".utf8), Array("...".utf8),
                Array("e\u{301}".utf8), Array("\u{E9}".utf8), Array("*?[a]$(x)".utf8),
                Array("-rf".utf8),
            ]
            for (number, name) in names.enumerated() {
                try TestLibrary.file(share.pathBytes / name, Array("contents of \(number)".utf8))
                try Calls.makeDirectory(share.pathBytes / ([0x64] + name.prefix(254)))
                try TestLibrary.file(
                    share.pathBytes / ([0x64] + name.prefix(254)) / name, [UInt8(number)])
                try Calls.symbolicLink(name, at: share.pathBytes / ([0x6C] + name.prefix(254)))
            }
            for consistency in ["eventual", "strict"] {
                let view = try RunningView(
                    area, share: share, RunningView.Options(consistency: consistency))
                #expect(try view.differences() == [])
                for name in names {
                    #expect(
                        try view.guarded("read") { try Calls.contents(view.path.pathBytes / name) }
                            == (try Calls.contents(share.pathBytes / name)))
                    let missing =
                        Array(name.dropLast()) + [0x7A, 0x7A].prefix(name.count == 255 ? 1 : 2)
                    #expect(throws: Errno.noSuchFile) {
                        try Calls.status(view.path.pathBytes / missing)
                    }
                }
                #expect(throws: Errno.nameTooLong) {
                    try Calls.status(view.path.pathBytes / [UInt8](repeating: 0x61, count: 256))
                }
                // Names come back from the index as they went in.
                try view.waitForDisk()
                try view.restart(RunningView.Options(consistency: consistency))
                #expect(try view.differences() == [])
                try view.stop()
            }
        }

        /// FAT lists `late.` as `late`, and has it by both names: its listing says nothing of the one.
        @Test func aNameThatAFileSystemMayStoreByAnotherIsAskedFor() throws {
            try TestLibrary.file("\(share)/there", [0])
            let view = try RunningView(area, share: share)
            #expect(try Calls.names(view.path) == [Array("there".utf8)])
            for name in ["late.", "late ", "late. ."] {
                #expect(throws: Errno.noSuchFile) { try Calls.status("\(view.path)/no\(name)") }
                try TestLibrary.file("\(share)/\(name)", [1])
                #expect(try view.contents(name) == [1])
            }
            try view.stop()
        }

        /// 40 folders of 200 bytes each: deeper than any path that a system call takes.
        @Test func pathsLongerThanPathMax() throws {
            let depth = 40
            let name = String(repeating: "d", count: 200)
            var directory = try Calls.open(share, O_RDONLY | O_DIRECTORY)
            let bytes = Array("at the bottom".utf8)
            for _ in 0..<depth {
                _ = try Calls.check { mkdirat(directory.descriptor, name, 0o755) }
                directory = OpenFile(
                    try Calls.check {
                        openat(directory.descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                    })
            }
            try OpenFile(
                try Calls.check {
                    openat(
                        directory.descriptor, "file", O_WRONLY | O_CREAT | O_CLOEXEC, mode_t(0o644))
                }
            ).write(bytes, at: 0)

            let view = try RunningView(area, share: share)
            try view.guarded("walk down", within: 60) {
                var at = try Calls.open(view.path, O_RDONLY | O_DIRECTORY)
                for _ in 0..<depth {
                    at = OpenFile(
                        try Calls.check {
                            openat(at.descriptor, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                        })
                }
                let file = OpenFile(
                    try Calls.check { openat(at.descriptor, "file", O_RDONLY | O_CLOEXEC) })
                #expect(try file.read(at: 0, 100) == bytes)
                #expect(
                    try Calls.names("/proc/self/fd/\(at.descriptor)").map(\.printable) == ["file"])
            }
            let found = try area.run(
                "/usr/bin/find", [view.path, "-name", "file", "-printf", "%d\n"])
            #expect(found.output == "\(depth + 1)\n", "\(found)")
            try view.stop()
        }

        @Test func everyKindOfFile() throws {
            try Calls.symbolicLink("loop two", at: "\(share)/loop one")
            try Calls.symbolicLink("loop one", at: "\(share)/loop two")
            try Calls.symbolicLink("/etc/passwd", at: "\(share)/absolute")
            try Calls.symbolicLink(
                [UInt8](repeating: 0x78, count: 4000), at: "\(share)/long link".pathBytes)
            try Calls.makeFIFO("\(share)/fifo")
            try TestLibrary.file("\(share)/empty", [])
            let socket = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(socket) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) {
                $0.copyBytes(from: "\(share)/socket".utf8)
            }
            let size = socklen_t(MemoryLayout<sockaddr_un>.size)
            try #require(
                withUnsafePointer(to: &address) {
                    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
                } == 0)

            let view = try RunningView(area, share: share)
            #expect(try view.differences() == [])
            #expect(throws: Errno.symlinkLoop) { try Calls.contents("\(view.path)/loop one") }
            let kind = try view.guarded("stat") { try Calls.status("\(view.path)/fifo") }
            #expect(kind.kind == S_IFIFO)
            #expect(try Calls.status("\(view.path)/socket").kind == S_IFSOCK)
            #expect(try view.contents("empty") == [])
            #expect(throws: Errno.notDirectory) { try Calls.status("\(view.path)/empty/below") }
            #expect(throws: Errno.isDirectory) { try Calls.contents(view.path) }
            // Through a FIFO of the view two processes talk; the share's is not touched.
            let opened = try view.guarded("open a FIFO") {
                try (try Calls.open("\(view.path)/fifo", O_RDONLY | O_NONBLOCK)).status()
            }
            #expect(opened.kind == S_IFIFO)
            try view.stop()
        }

        /// `seekData` and `seekHole` give the share's answer, and holes read as zeros.
        @Test func sparseFiles() throws {
            let file = try Calls.open("\(share)/disk.img", O_RDWR | O_CREAT)
            var generator = SplitMix(seed: 16)
            for offset: Int64 in [0, 10 << 20, 30 << 20] {
                try file.write(generator.content(300_000, compressible: false), at: offset)
            }
            try Calls.truncate("\(share)/disk.img", 40 << 20)
            try Calls.setModified("\(share)/disk.img", seconds: TestLibrary.longAgo)
            for _ in 0..<2 {
                let view = try RunningView(area, share: share)
                try view.guarded("seek") {
                    let shown = try Calls.open("\(view.path)/disk.img")
                    for offset: Int64 in [
                        0, 1, 300_000, 5 << 20, (10 << 20) + 5, 29 << 20, 35 << 20, (40 << 20) - 1,
                    ] {
                        for whence in [seekData, seekHole] {
                            let left = Result { () throws(Errno) in try file.seek(offset, whence) }
                            let right = Result { () throws(Errno) in try shown.seek(offset, whence)
                            }
                            #expect(left == right, "offset \(offset)")
                        }
                    }
                    for whence in [seekData, seekHole] {
                        #expect(throws: Errno.noSuchDevice) { try shown.seek(40 << 20, whence) }
                    }
                }
                #expect(try view.differences() == [])
                #expect(
                    try Calls.status("\(view.path)/disk.img").st_blocks
                        == (try file.status().st_blocks))
                try view.waitForDisk()
                try view.stop()
            }
        }

        @Test func hardLinksAreOneFile() throws {
            try Calls.makeDirectory("\(share)/other")
            try TestLibrary.file("\(share)/first", [1, 2, 3])
            try Calls.link("\(share)/first", to: "\(share)/second")
            try Calls.link("\(share)/first", to: "\(share)/other/third")
            let view = try RunningView(area, share: share)
            let names = ["first", "second", "other/third"]
            func inodes() throws -> Set<ino_t> {
                Set(
                    try names.map { name in
                        let status = try view.guarded("stat") {
                            try Calls.status("\(view.path)/\(name)")
                        }
                        #expect(status.st_nlink == 3)
                        return status.st_ino
                    })
            }
            let seen = try inodes()
            #expect(seen == [try Calls.status("\(share)/first").st_ino])
            try view.restart()
            #expect(try inodes() == seen, "inode numbers are stable")
            try view.stop()
        }

        /// A folder with very many entries: count and names exact, read in one go and after a
        /// restart.
        @Test(.timeLimit(.minutes(2))) func aFolderWithVeryManyEntries() throws {
            let count = max(1000, TestRun.scaled(100_000))
            try Calls.makeDirectory("\(share)/many")
            for number in 0..<count {
                try OpenFile(
                    try Calls.check { creat("\(share)/many/entry number \(number)", 0o644) }
                )
                .write([], at: 0)
            }
            let view = try RunningView(area, share: share)
            let expected = Set(try Calls.names("\(share)/many"))
            #expect(expected.count == count)
            for round in 0..<2 {
                let names = try view.guarded("list", within: 60) {
                    try Calls.names("\(view.path)/many")
                }
                #expect(names.count == count && Set(names) == expected, "round \(round)")
                let some = try view.guarded("stat") {
                    try Calls.status("\(view.path)/many/entry number \(count / 2)")
                }
                #expect(some.isRegular)
                #expect(throws: Errno.noSuchFile) {
                    try Calls.status("\(view.path)/many/entry number \(count)")
                }
                if round == 0 {
                    try view.waitForDisk()
                    try view.restart()
                }
            }
            try view.stop()
        }
    }
}

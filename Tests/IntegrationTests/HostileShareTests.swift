import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// What a share says of its files is taken as it is, however unlikely: no size, time or name makes Larder fall over, and
    /// what it shows of them is what the share says.
    @Suite struct HostileShareTests {
        private let area = Area.current

        /// Sizes up to the last byte that a file can have, of which nearly all are holes.
        @Test(.needsRoot) func sizesAtTheirEnd() throws {
            // Takes larger files than a disk's file system does.
            let share = try area.makeDirectory("share")
            try area.mountMemory(on: share)
            let sizes: [Int64] = [
                1 << 32, (1 << 32) + 1, 1 << 40, (1 << 40) + 65_535, 1 << 50, 1 << 62,
                Int64.max - 4096, Int64.max,
            ]
            for (number, size) in sizes.enumerated() {
                let file = try Calls.open("\(share)/\(number).mkv", O_RDWR | O_CREAT)
                try file.setSize(size)
                try file.write(Array("end".utf8), at: size - 3)
            }
            let view = try RunningView(area, share: share)
            for _ in 0..<2 {
                for (number, size) in sizes.enumerated() {
                    let path = "\(view.path)/\(number).mkv"
                    try view.guarded("read \(size) bytes' end", within: 60) {
                        #expect(try Calls.status(path).st_size == size)
                        let file = try Calls.open(path)
                        guard size <= 1 << 52 else {
                            // Beyond what a chunk's number can hold: refused, and nothing else is the worse for it.
                            #expect(throws: Errno.fileTooLarge) { try file.read(at: 0, 10) }
                            #expect(throws: Errno.fileTooLarge) { try file.read(at: size / 2, 10) }
                            return
                        }
                        #expect(try file.read(at: 0, 10) == [UInt8](repeating: 0, count: 10))
                        #expect(try file.read(at: size - 5, 5) == [0, 0] + Array("end".utf8))
                        #expect(try file.read(at: size / 2, 3) == [0, 0, 0])
                        #expect(try file.read(at: size, 1) == [])
                    }
                }
                try view.restart()
            }
            try view.stop()
        }

        /// Times before 1970 and long after, as far as the file system keeps them.
        @Test(.needsRoot) func timesAtTheirEnd() throws {
            let share = try area.makeDirectory("share")
            try area.mountMemory(on: share)
            let times = [
                Int.min / 2, -(1 << 40), -(1 << 31) - 1, -1, 0, 1, 1 << 31, 1 << 34, 1 << 40,
                Int.max / 2, Int.max,
            ]
            for (number, time) in times.enumerated() {
                try TestLibrary.file("\(share)/\(number).txt", Array("\(number)".utf8))
                try Calls.setModified(
                    "\(share)/\(number).txt", seconds: time, nanoseconds: 999_999_999)
            }
            for consistency in ["eventual", "strict"] {
                let options = RunningView.Options(consistency: consistency)
                let view = try RunningView(area, share: share, options)
                for _ in 0..<2 {
                    #expect(try view.differences() == [])
                    for number in times.indices {
                        let (shown, held) = (
                            try Calls.status("\(view.path)/\(number).txt"),
                            try Calls.status("\(share)/\(number).txt")
                        )
                        #expect(shown.st_mtim.tv_sec == held.st_mtim.tv_sec)
                        #expect(shown.st_mtim.tv_nsec == held.st_mtim.tv_nsec)
                    }
                    try view.restart(options)
                }
                try view.stop()
            }
        }
    }
}

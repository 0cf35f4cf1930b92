import Glibc
import Model
import Testing
import TestSupport

extension IntegrationTests {
    /// What the generated operations of ``WriteModelTests`` do not reach: other users, ACLs, the longest paths, and
    /// the flags of `open(2)`.
    @Suite struct WriteLikeDirectoryTests {
        private let area = Area.current
        private let share: String
        private let plain: String

        init() throws {
            share = try area.makeDirectory("share")
            plain = try area.makeDirectory("plain")
            for root in [share, plain] { try TestLibrary.file("\(root)/always", [1, 2, 3]) }
        }

        /// What `body` makes of a plain directory and of a view must be the same, as `show` tells it.
        private func expectSame(
            _ view: RunningView, _ body: (String) throws -> Void,
            _ show: (String) throws -> [String]
        ) throws {
            try body(plain)
            try view.guarded("changes", within: 30) { try body(view.path) }
            let expected = try show(plain)
            let held = try show(share)
            #expect(held == expected, "on the share")
            let shown = try view.guarded("look") { try show(view.path) }
            #expect(shown == expected, "in the view")
        }

        private func owners(_ root: String) throws -> [String] {
            try FileTree.paths(root).map { path, status in
                let mode = String(status.st_mode, radix: 8)
                return "\(path.printable) \(mode) \(status.st_uid):\(status.st_gid)"
            }.sorted()
        }

        @Test(.needsRoot) func whatIsMadeForAnotherUserIsHis() throws {
            for root in [share, plain] {
                try Calls.makeDirectory("\(root)/open")
                try Calls.setMode("\(root)/open", 0o777)
                try Calls.makeDirectory("\(root)/group")
                try Calls.setOwner("\(root)/group", user: 0, group: 1001)
                try Calls.setMode("\(root)/group", 0o2777)
            }
            let view = try RunningView(
                area, share: share, RunningView.Options(more: ["allow_other"]))
            try expectSame(view) { root in
                for folder in ["open", "group"] {
                    try Calls.acting(as: 1000) { () throws(Errno) in
                        let base = "\(root)/\(folder)"
                        try Calls.write([1], to: "\(base)/file")
                        try Calls.makeDirectory("\(base)/folder", mode: 0o775)
                        try Calls.write([1], to: "\(base)/folder/inside")
                        try Calls.symbolicLink("file", at: "\(base)/link")
                        try Calls.makeFIFO("\(base)/fifo")
                        _ = try Calls.open("\(base)/program", O_WRONLY | O_CREAT, mode: 0o2775)
                    }
                }
            } _: {
                try owners($0)
            }
            #expect(try Calls.status("\(share)/open/file").st_uid == 1000)
            #expect(try Calls.status("\(share)/group/file").st_gid == 1001)
            try view.stop()
        }

        @Test(.needsRoot) func aWriteByAnotherClearsTheSetUserIDBit() throws {
            let view = try RunningView(
                area, share: share, RunningView.Options(more: ["allow_other"]))
            try expectSame(view) { root in
                for (number, change) in ["write", "truncate", "open", "chown"].enumerated() {
                    let path = "\(root)/\(change)"
                    try Calls.write([1, 2, 3], to: path)
                    try Calls.setOwner(path, user: 1000, group: 1000)
                    try Calls.setMode(path, 0o6777)
                    if number == 3 {
                        try Calls.setOwner(path, user: 1001, group: 1001)
                        continue
                    }
                    try Calls.acting(as: 1001) { () throws(Errno) in
                        switch number {
                        case 0: try (try Calls.open(path, O_WRONLY)).write([4], at: 0)
                        case 1: try Calls.truncate(path, 1)
                        default: _ = try Calls.open(path, O_WRONLY | O_TRUNC)
                        }
                    }
                }
            } _: {
                try owners($0)
            }
            try view.stop()
        }

        /// Where the share does not let the bit go, nothing is written: else others could choose what is run as its owner.
        @Test(.needsRoot, arguments: ["append", "open"])
        func aProgramThatKeepsItsSetUserIDBitKeepsItsContents(word: String) throws {
            let slow = try RunningSlowShare(area, directory: share)
            let program = "\(share)/program"
            try Calls.write([1, 2, 3], to: program)
            try Calls.setMode(program, 0o4777)
            let view = try RunningView(
                area, share: slow.path, RunningView.Options(more: ["allow_other"]))
            let path = "\(view.path)/program"
            func change() throws(Errno) {
                try Calls.acting(as: 1001) { () throws(Errno) in
                    if word == "append" {
                        _ = try (try Calls.open(path, O_WRONLY | O_APPEND)).append([4])
                    } else {
                        _ = try Calls.open(path, O_WRONLY | O_TRUNC)
                    }
                }
            }
            _ = try view.contents("program")
            try slow.control("fail", "setattr", "EIO", "1/1")
            #expect(throws: Errno.ioError) { try view.guarded(word) { try change() } }
            let kept = try Calls.contents(program)
            #expect(kept == [1, 2, 3])
            try slow.control("fail", "clear")
            try view.guarded(word) { try change() }
            let changed = try Calls.contents(program)
            #expect(changed == (word == "append" ? [1, 2, 3, 4] : []))
            #expect(try Calls.status(program).st_mode & 0o7777 == 0o777)
            try view.stop()
        }

        @Test(.needs("setfacl", "getfacl")) func umaskAndDefaultACLs() throws {
            let view = try RunningView(area, share: share)
            let script = """
                mkdir plain shared
                setfacl -d -m u:1001:rwx,g::rx,o::- shared
                for mask in 000 022 027 077; do
                    umask $mask
                    for folder in plain shared; do
                        echo text > $folder/file$mask
                        mkdir $folder/folder$mask
                        echo text > $folder/folder$mask/inside
                        mkfifo $folder/fifo$mask
                    done
                done
                setfacl -m u:1000:r plain/file022
                chmod g-w shared/file000
                """
            let shell = try #require(TestRun.program("sh"))
            try expectSame(view) { root in
                let made = try area.run(shell, ["-euc", script], directory: root)
                #expect(made.isSuccess, "\(made)")
            } _: { root in
                let shown = try area.run(
                    shell, ["-euc", "getfacl -R plain shared | sort"], directory: root)
                return [shown.output] + (try owners(root))
            }
            try view.stop()
        }

        /// A path that the view's mountpoint leaves just enough room for, and the share's does not.
        @Test func pathsNearTheLongest() throws {
            let view = try RunningView(area, share: share)
            var path = view.path
            try view.guarded("deep", within: 60) {
                while path.utf8.count + 1 + 200 < Int(PATH_MAX) - 60 {
                    path += "/" + String(repeating: "d", count: 199)
                    try Calls.makeDirectory(path)
                }
                let room = min(255, Int(PATH_MAX) - 1 - path.utf8.count - 1)
                let file = path + "/" + String(repeating: "f", count: room)
                let other = path + "/" + String(repeating: "g", count: room)
                try Calls.write(Array("deep".utf8), to: file)
                try Calls.setMode(file, 0o600)
                try Calls.setModified(file, seconds: TestLibrary.longAgo)
                try Calls.setAttribute(file, "user.note", to: [7])
                try Calls.rename(file, to: other)
                try Calls.link(other, to: file)
                #expect(try Calls.contents(file) == Array("deep".utf8))
                #expect(try Calls.status(other).st_nlink == 2)
                #expect(try Calls.attribute(other, "user.note") == [7])
                #expect(throws: Errno.nameTooLong) { try Calls.write([1], to: file + "/x") }
                try Calls.unlink(other)
                try Calls.truncate(file, 2)
                #expect(try Calls.names(path).count == 1)
            }
            try view.restart()
            #expect(try view.guarded("list") { try Calls.names(path) }.count == 1)
            try view.guarded("remove", within: 60) {
                for name in try Calls.names(path) { try Calls.unlink(path.pathBytes / name) }
                while path != view.path {
                    try Calls.removeDirectory(path)
                    path = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
                }
            }
            #expect(try Calls.names(share).map(\.printable) == ["always"])
            try view.stop()
        }

        /// Past the page cache, in pieces of any length, and one with what others read and write by way of it.
        @Test func directWritesAndReads() throws {
            let view = try RunningView(area, share: share)
            var generator = SplitMix(seed: TestRun.seed &+ 11_000)
            var expected = generator.content(3 << 20, compressible: false)
            try view.guarded("direct", within: 60) {
                let path = "\(view.path)/direct"
                try Calls.write(expected, to: path)
                let direct = try Calls.open(path, O_RDWR | openDirect)
                let buffered = try Calls.open(path, O_RDWR)
                for round in 0..<TestRun.scaled(120) {
                    let count = generator.chance(50) ? 4096 * (1 + round % 20) : 1 + round * 331
                    let at = Int.random(in: 0...(expected.count - count), using: &generator)
                    let bytes = generator.content(count)
                    let (writer, reader) =
                        round.isMultiple(of: 2) ? (direct, buffered) : (buffered, direct)
                    try writer.write(bytes, at: Int64(at))
                    expected.replaceSubrange(at..<at + count, with: bytes)
                    #expect(try reader.read(at: Int64(at), count) == bytes, "round \(round)")
                    #expect(try Calls.open("\(share)/direct").read(at: Int64(at), count) == bytes)
                }
                #expect(try Calls.contents(path) == expected)
            }
            #expect(try view.differences() == [])
            try view.stop()
        }

        /// On the medium when `write` returns: the share is told to write through, each time.
        @Test(arguments: [O_SYNC, O_DSYNC]) func synchronousWritesReachTheMedium(flag: Int32) throws
        {
            let slow = try RunningSlowShare(area, directory: share)
            let view = try RunningView(area, share: slow.path)
            func synchronized(_ flags: Int32) throws -> Int {
                try slow.control("reset-stats")
                try view.guarded("write", within: 60) {
                    let file = try Calls.open("\(view.path)/file", O_WRONLY | O_CREAT | flags)
                    for number in 0..<10 { try file.write([1, 2, 3], at: Int64(number)) }
                }
                return try slow.statistics().operations["fsync"] ?? 0
            }
            let (without, with) = (try synchronized(0), try synchronized(flag))
            #expect(without == 0)
            #expect(with >= 10)
            try view.stop()
        }
    }
}

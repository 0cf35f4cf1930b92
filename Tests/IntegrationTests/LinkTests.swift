import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Files with several names, and numbers that are used again.
    @Suite struct LinkTests {
        private let area = Area.current
        private let share: String

        init() throws {
            share = try area.makeDirectory("share")
            for folder in ["x", "y"] { try Calls.makeDirectory("\(share)/\(folder)") }
        }

        private func linked(_ content: String, _ names: [String]) throws {
            try TestLibrary.file("\(share)/\(names[0])", Array(content.utf8))
            for name in names.dropFirst() {
                try Calls.link("\(share)/\(names[0])", to: "\(share)/\(name)")
            }
        }

        private func text(_ path: String) throws -> String {
            String(decoding: try Calls.contents(path), as: UTF8.self)
        }

        /// - nas: the share knows files by paths and has no generations.
        @Test(arguments: ["strict", "eventual"], [false, true])
        func aNumberThatIsUsedAgainLeadsToNoOtherFile(consistency: String, nas: Bool) throws {
            let server = nas ? try RunningSlowShare(area, directory: share) : nil
            let view = try RunningView(
                area, share: server?.path ?? share, .init(consistency: consistency))
            try linked("old", ["x/a", "x/a2"])
            let number = try Calls.status("\(share)/x/a").st_ino
            // Only looked at: what is open keeps its number.
            for name in ["x/a", "x/a2"] { _ = try Calls.status("\(view.path)/\(name)") }
            try Calls.unlink("\(share)/x/a")
            try Calls.unlink("\(share)/x/a2")
            // ext4 gives the number to the next file, some others later or never.
            try linked("other", ["y/d", "y/d2"])
            let isUsedAgain = try Calls.status("\(share)/y/d").st_ino == number
            if !isUsedAgain { print("the file system does not use numbers again") }
            #expect(try text("\(view.path)/y/d") == "other")
            #expect((try? text("\(view.path)/x/a")) != "other")
            try view.guarded("write") {
                try Calls.write(Array("mine".utf8), to: "\(view.path)/x/a")
                #expect(throws: Errno.noSuchFile) { try Calls.truncate("\(view.path)/x/a2", 0) }
            }
            #expect(try text("\(share)/y/d") == "other")
            #expect(try text("\(share)/x/a") == "mine")
            #expect(try text("\(view.path)/x/a") == "mine")
            #expect(try text("\(view.path)/y/d2") == "other")
        }

        /// One name of a file goes, or becomes another file's, while the view still believes in it.
        @Test(arguments: ["strict", "eventual"], [false, true])
        func aNameThatIsGoneIsNotWrittenByWayOfAnother(
            consistency: String, isReplaced: Bool
        ) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            for number in 0..<4 {
                let (a, b) = ("x/a\(number)", "y/b\(number)")
                try linked("kept", [a, b])
                // In either order: which of the names was looked at last must not count.
                let names = number % 2 == 0 ? [a, b] : [b, a]
                for name in names { #expect(try text("\(view.path)/\(name)") == "kept") }
                try Calls.unlink("\(share)/\(a)")
                if isReplaced { try TestLibrary.file("\(share)/\(a)", Array("next".utf8)) }
                try view.guarded("write") {
                    if number < 2 {
                        try Calls.write(Array("mine".utf8), to: "\(view.path)/\(a)")
                    } else if isReplaced {
                        try Calls.truncate("\(view.path)/\(a)", 2)
                    }
                }
                #expect(try text("\(share)/\(b)") == "kept")
                if number < 2 { #expect(try text("\(share)/\(a)") == "mine") }
                if number >= 2, isReplaced { #expect(try text("\(share)/\(a)") == "ne") }
                #expect(try text("\(view.path)/\(b)") == "kept")
            }
        }

        /// A file that is open to write loses the name by which it was read: what is copied within it comes from its other one.
        @Test(arguments: ["strict", "eventual"])
        func whatIsCopiedWithinAFileIsReadByTheNameThatIsLeft(consistency: String) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            for number in 0..<4 {
                let (a, b) = ("x/a\(number)", "y/b\(number)")
                try linked("kept", [a, b])
                for name in number % 2 == 0 ? [a, b] : [b, a] {
                    #expect(try text("\(view.path)/\(name)") == "kept")
                }
                try view.guarded("copy") {
                    let file = try Calls.open("\(view.path)/\(number < 2 ? b : a)", O_RDWR)
                    _ = try Calls.check { pwrite(file.descriptor, "K", 1, 0) }
                    #expect(try text("\(view.path)/\(a)") == "Kept")
                    try Calls.unlink("\(view.path)/\(a)")
                    let copied = try file.copy(to: file, from: 0, at: 4, 4)
                    #expect(copied == 4)
                }
                #expect(try text("\(share)/\(b)") == "KeptKept")
                #expect(try text("\(view.path)/\(b)") == "KeptKept")
            }
        }

        /// Others have renamed one name of a file and removed another: who writes by those that are left, or by the new one, does.
        @Test(arguments: ["strict", "eventual"], [false, true])
        func whoWritesByAGoodNameIsNotRefusedForLostOnes(
            consistency: String, isReplaced: Bool
        ) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            for number in 0..<4 {
                let names = ["x/a\(number)", "y/b\(number)", "y/c\(number)"]
                try linked("kept", names)
                for name in names { #expect(try text("\(view.path)/\(name)") == "kept") }
                let renamed = "x/n\(number)"
                try Calls.rename("\(share)/\(names[1])", to: "\(share)/\(renamed)")
                try Calls.unlink("\(share)/\(names[2])")
                if isReplaced {
                    try TestLibrary.file("\(share)/\(names[2])", Array("other".utf8))
                }
                try view.guarded("write") {
                    for name in number % 2 == 0 ? [renamed, names[0]] : [names[0], renamed] {
                        try Calls.write(Array("mine".utf8), to: "\(view.path)/\(name)", flags: 0)
                        try Calls.truncate("\(view.path)/\(name)", 3)
                    }
                }
                for name in [renamed, names[0]] {
                    #expect(try text("\(share)/\(name)") == "min")
                    #expect(try text("\(view.path)/\(name)") == "min")
                }
                if isReplaced { #expect(try text("\(share)/\(names[2])") == "other") }
            }
        }

        /// Written by one name with its time put back, as programs that edit tags do: the other one, of which this mount has
        /// seen nothing yet, never shows older bytes.
        @Test(arguments: ["as it was", "linked meanwhile", "known again"])
        func theOtherNameHasTheNewBytesAlsoAfterRestarts(_ history: String) throws {
            let old = [UInt8](repeating: 1, count: 200_000)
            let new = [UInt8](repeating: 2, count: 200_000)
            let view = try RunningView(area, share: share)
            try TestLibrary.file("\(share)/y/b", old)
            if history != "linked meanwhile" {
                try Calls.link("\(share)/y/b", to: "\(share)/x/a")
            }
            _ = try view.guarded("list") { try Calls.names("\(view.path)/y") }
            #expect(try view.contents("y/b") == old)
            try view.waitForDisk()
            if history == "known again" {
                // Both are known, and that they are one file may be known or not.
                #expect(try view.contents("x/a") == old)
            } else {
                try view.restart()
            }
            if history == "linked meanwhile" {
                try Calls.link("\(share)/y/b", to: "\(share)/x/a")
            }
            try view.guarded("write") {
                try Calls.write(new, to: "\(view.path)/x/a", flags: 0)
                try Calls.setModified("\(view.path)/x/a", seconds: TestLibrary.longAgo)
            }
            #expect(try view.contents("x/a") == new)
            if history == "known again" { #expect(try view.contents("y/b") == new) }
            for restart in 0..<3 {
                try restart == 2 ? view.killAndRestart() : view.restart()
                #expect(try view.contents("y/b") == new, "restart \(restart)")
                // The folder that others have linked it into is as old as any other.
                if history != "linked meanwhile" { #expect(try view.differences() == []) }
            }
        }

        /// The same without a restart between the write and the look.
        @Test(arguments: ["strict", "eventual"])
        func theOtherNameHasTheNewBytesAtOnce(consistency: String) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            try linked("older", ["x/a", "y/b", "y/c"])
            _ = try view.guarded("list") { try Calls.names("\(view.path)/y") }
            #expect(try text("\(view.path)/y/b") == "older")
            try view.waitForDisk()
            try view.restart(.init(consistency: consistency))
            try view.guarded("write") {
                try Calls.write(Array("newer".utf8), to: "\(view.path)/x/a", flags: 0)
                try Calls.setModified("\(view.path)/x/a", seconds: TestLibrary.longAgo)
            }
            for name in ["y/b", "y/c"] {
                #expect(try text("\(view.path)/\(name)") == "newer")
                let time = try Calls.status("\(view.path)/\(name)").st_mtim.tv_sec
                #expect(time == TestLibrary.longAgo)
            }
            try view.guarded("cut") {
                try Calls.truncate("\(view.path)/y/c", 2)
                try Calls.unlink("\(view.path)/y/b")
            }
            #expect(try text("\(view.path)/x/a") == "ne")
            #expect(try Calls.status("\(view.path)/x/a").st_nlink == 2)
        }

        /// The view knows a file by one name and has it open; elsewhere it is given a second one, by which the view sees it
        /// next. Whoever changes it by either name, all who have it open by the other see that at once.
        @Test(arguments: ["strict", "eventual"], [false, true])
        func aNameThatIsGivenElsewhereIsTheSameFileAtOnce(
            consistency: String, byTheNewName: Bool
        ) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            let size = 300_000
            try TestLibrary.file("\(share)/x/a", [UInt8](repeating: 1, count: size))
            let first = try Calls.open("\(view.path)/x/a", O_RDWR)
            _ = try first.read(at: 0, size)
            try Calls.link("\(share)/x/a", to: "\(share)/y/b")
            let second = try Calls.open("\(view.path)/y/b", O_RDWR)
            _ = try second.read(at: 0, size)
            let (writer, reader) = byTheNewName ? (second, first) : (first, second)
            let read = "\(view.path)/" + (byTheNewName ? "x/a" : "y/b")
            let written = "\(view.path)/" + (byTheNewName ? "y/b" : "x/a")
            try view.guarded("write") {
                let map = try MappedFile(reader, count: size)
                #expect(try map.read(0..<size).allSatisfy { $0 == 1 })
                for value in 2...6 as ClosedRange<UInt8> {
                    let bytes = [UInt8](repeating: value, count: 5_000)
                    let offset = Int(value) * 40_000
                    try writer.write(bytes, at: Int64(offset))
                    #expect(try reader.read(at: Int64(offset), 5_000) == bytes)
                    #expect(try map.read(offset..<offset + 5_000) == bytes)
                }
                try writer.write([9, 9], at: Int64(size))
                #expect(try Calls.status(read).st_size == size + 2)
                #expect(try reader.read(at: Int64(size), 5) == [9, 9])
                try Calls.truncate(written, 10)
                #expect(try Calls.status(read).st_size == 10)
                #expect(try reader.read(at: 0, 20) == [UInt8](repeating: 1, count: 10))
                // Both stored through mappings and written: neither waits for the other.
                let stored = try MappedFile(reader, count: 10, isWritable: true)
                try stored.write([7], at: 0)
                try writer.write([8], at: 1)
                try stored.synchronize()
            }
            #expect(try Calls.contents("\(share)/x/a").prefix(2) == [7, 8])
        }

        /// Found, replaced by rename through the view, and opened only then: whoever opens a file is between the two for a moment.
        @Test(arguments: ["strict", "eventual"])
        func whatWasFoundBeforeItWasReplacedIsOpened(consistency: String) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            try linked("old", ["x/a"])
            try linked("new", ["x/b"])
            try view.guarded("replace") {
                let found = try Calls.open("\(view.path)/x/a", 0o10_000_000)  // O_PATH
                try Calls.rename("\(view.path)/x/b", to: "\(view.path)/x/a")
                #expect(try text("/proc/self/fd/\(found.descriptor)") == "old")
                #expect(try text("\(view.path)/x/a") == "new")
            }
        }

        /// Written behind its end by one name: who has it open by the other reads on there at once, also where nobody has asked for
        /// the size in between. A race of the kernel's: several times.
        @Test(arguments: ["strict", "eventual"])
        func whoHasTheOtherNameOpenFindsTheNewEnd(consistency: String) throws {
            let view = try RunningView(area, share: share, .init(consistency: consistency))
            let start = [UInt8](repeating: 1, count: 10)
            let added = [UInt8](repeating: 2, count: 5_000)
            for number in 0..<20 {
                let (a, b) = ("x/a\(number)", "y/b\(number)")
                try TestLibrary.file("\(share)/\(a)", start)
                let writer = try Calls.open("\(view.path)/\(a)", O_RDWR)
                try Calls.link("\(share)/\(a)", to: "\(share)/\(b)")
                let reader = try Calls.open("\(view.path)/\(b)", O_RDWR)
                try view.guarded("write") {
                    #expect(try reader.read(at: 0, 20) == start)
                    try writer.write(added, at: 60_000)
                    #expect(try reader.read(at: 60_000, 6_000) == added, "file \(number)")
                }
            }
        }
    }
}

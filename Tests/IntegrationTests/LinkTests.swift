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
            for name in ["x/a", "x/a2"] { #expect(try text("\(view.path)/\(name)") == "old") }
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
    }
}

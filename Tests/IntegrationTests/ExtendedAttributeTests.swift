import Glibc
import Model
import TestSupport
import Testing

extension IntegrationTests {
    /// Extended attributes in a view are as on the share, file by file, and known ones stay known.
    @Suite struct ExtendedAttributeTests {
        private let area = Area.current
        private let truth: String

        init() throws {
            truth = try area.makeDirectory("truth")
            for name in ["one", "other", "third"] {
                try TestLibrary.file("\(truth)/\(name)", Array("\(name)\n".utf8))
                try Calls.setAttribute("\(truth)/\(name)", "user.k", to: Array(name.utf8))
            }
            try Calls.makeDirectory("\(truth)/folder")
            try Calls.makeFIFO("\(truth)/fifo")
            try Calls.symbolicLink("one", at: "\(truth)/link")
        }

        private static let strange = [
            "bogus.k", "nothing", "system.nfs4_acl", "system.bogus", "security.bogus",
            "system.posix_acl_access", "system.posix_acl_default", "user.absent", "user.k",
            "trusted.k", "user.",
        ]

        private func value(_ path: String, _ name: String) -> Result<[UInt8], Errno> {
            Result { () throws(Errno) in try Calls.attribute(path, name) }
        }

        /// What is not supported of one name, or for one file, is so of nothing else.
        @Test(
            arguments: ["directory", "slowshare"], [RunningView.Options(), .strict])
        func oneNameThatIsNotSupportedChangesNothing(
            kind: String, options: RunningView.Options
        ) throws {
            let slow =
                kind == "slowshare" ? try RunningSlowShare(area, directory: truth) : nil
            let view = try RunningView(area, share: slow?.path ?? truth, options)
            try view.guarded("attributes") {
                for name in Self.strange {
                    for file in ["one", "other", "fifo", "folder"] {
                        let expected = value("\(truth)/\(file)", name)
                        #expect(value("\(view.path)/\(file)", name) == expected, "\(file) \(name)")
                        #expect(value("\(view.path)/\(file)", name) == expected, "\(file) \(name)")
                    }
                }
                #expect(throws: Errno.notPermitted) {
                    try Calls.setAttribute("\(view.path)/fifo", "user.k", to: [1])
                }
                #expect(throws: Errno.notSupported) {
                    try Calls.setAttribute("\(view.path)/one", "bogus.k", to: [1])
                }
                #expect(throws: Errno.notSupported) {
                    try Calls.removeAttribute("\(view.path)/one", "bogus.k")
                }
                for name in ["one", "other", "third"] {
                    let found = value("\(view.path)/\(name)", "user.k")
                    #expect(found == .success(Array(name.utf8)))
                    #expect(try Calls.attributeNames("\(view.path)/\(name)") == ["user.k"])
                }
                try Calls.setAttribute("\(view.path)/other", "user.new", to: [1])
                #expect(value("\(truth)/other", "user.new") == .success([1]))
                try Calls.removeAttribute("\(view.path)/other", "user.k")
                #expect(value("\(view.path)/other", "user.k") == .failure(.noData))
                #expect(try Calls.attributeNames("\(view.path)/other") == ["user.new"])
            }
            try view.stop()
        }

        /// What `ls -l` was told before, values included, is known after a restart, however soon it was asked.
        @Test(.needs("ls"), arguments: ["hang", "offline"])
        func areKnownAfterARestart(word: String) throws {
            let share = try RunningSlowShare(area, directory: truth)
            var options = RunningView.Options()
            options.timeout = "60s"
            let view = try RunningView(area, share: share.path, options)
            let names = ["one", "other", "third", "folder", "fifo", "link", "."]
            let list = { () throws in
                try area.run("/bin/ls", ["-lA", view.path], within: 40).output
            }
            func attributes() throws -> [Result<[UInt8], Errno>] {
                try view.guarded("attributes", within: 40) {
                    try names.flatMap { name in
                        let path = "\(view.path)/\(name)"
                        return [
                            value(path, "system.posix_acl_access"),
                            value(path, "system.posix_acl_default"), value(path, "user.k"),
                            value(path, "bogus.k"),
                            .success(
                                Array(try Calls.attributeNames(path).joined().utf8)),
                        ]
                    }
                }
            }
            let shown = try list()
            let before = try attributes()
            try view.restart(options)
            try share.control(word)
            let start = secondsNow()
            #expect(try list() == shown)
            let after = try attributes()
            for (number, (old, new)) in zip(before, after).enumerated() {
                #expect(old == new, "\(names[number / 5]), \(number % 5)")
            }
            #expect(secondsNow() - start < 20, "waited for a share that is away")
            try share.control("online")
            try view.stop()
        }
    }
}

import Glibc
import Model
import TestSupport

/// Every kind of change once, each on files of its own, so that each succeeds or fails by itself.
struct WriteScript {
    /// One change, and how it shows on the share that it was made.
    struct Step {
        var name: String
        var run: (_ root: String) throws(Errno) -> Void
        var isDone: (_ root: String) throws(Errno) -> Bool
    }

    let old: [UInt8]
    let new: [UInt8]

    init(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        old = generator.content(70_000, compressible: false)
        new = generator.content(90_000, compressible: false)
    }

    private static let prepared = [
        "overwritten", "appended", "truncated", "mapped", "renamed", "moved", "replaced", "linked",
        "removed", "mode", "times", "attribute", "holed", "copied", "replacing",
    ]

    /// Puts a tree as the script expects it in place of whatever is there.
    func prepare(_ root: String) throws(Errno) {
        for (path, status) in try FileTree.paths(root).reversed() {
            if status.isDirectory {
                try Calls.removeDirectory(root.pathBytes / path)
            } else {
                try Calls.unlink(root.pathBytes / path)
            }
        }
        for name in Self.prepared { try TestLibrary.file("\(root)/\(name)", old) }
        for name in ["folder", "doomed"] { try Calls.makeDirectory("\(root)/\(name)") }
    }

    var steps: [Step] {
        let (old, new) = (old, new)
        func holds(_ name: String, _ bytes: [UInt8]) -> (String) throws(Errno) -> Bool {
            { root throws(Errno) in try Calls.contents("\(root)/\(name)") == bytes }
        }
        /// Open, change, `fsync` or not, and `close`, each of which may bring the error.
        func file(
            _ name: String, _ flags: Int32, _ change: @escaping (OpenFile) throws(Errno) -> Void
        ) -> (String) throws(Errno) -> Void {
            { root throws(Errno) in
                let file = try Calls.open("\(root)/\(name)", flags)
                try change(file)
                try file.flush()
            }
        }
        let head = Array(new[..<30_000])
        return [
            Step(
                name: "create and write",
                run: file("created", O_WRONLY | O_CREAT | O_EXCL) { file throws(Errno) in
                    try file.write(new, at: 0)
                    try file.synchronize()
                }, isDone: holds("created", new)),
            Step(
                name: "overwrite",
                run: file("overwritten", O_RDWR) { file throws(Errno) in
                    try file.write(head, at: 5000)
                }, isDone: holds("overwritten", old[..<5000] + head + old[35_000...])),
            Step(
                name: "append",
                run: file("appended", O_WRONLY | O_APPEND) { file throws(Errno) in
                    guard try file.append(head) == head.count else { throw .ioError }
                }, isDone: holds("appended", old + head)),
            Step(
                name: "truncate",
                run: { root throws(Errno) in try Calls.truncate("\(root)/truncated", 12_345) },
                isDone: holds("truncated", Array(old[..<12_345]))),
            Step(
                name: "write over all",
                run: file("replaced", O_WRONLY | O_TRUNC) { file throws(Errno) in
                    try file.write(new, at: 0)
                }, isDone: holds("replaced", new)),
            Step(
                name: "write through a mapping",
                run: file("mapped", O_RDWR) { file throws(Errno) in
                    let map = try MappedFile(file, count: old.count, isWritable: true)
                    try map.write(head, at: 20_000)
                    try map.synchronize()
                }, isDone: holds("mapped", old[..<20_000] + head + old[50_000...])),
            Step(
                name: "punch a hole",
                run: file("holed", O_RDWR) { file throws(Errno) in
                    try file.allocate(
                        mode: AllocateMode.punchHole | AllocateMode.keepSize, offset: 4096,
                        length: 8192)
                },
                isDone: holds(
                    "holed", old[..<4096] + [UInt8](repeating: 0, count: 8192) + old[12_288...])),
            Step(
                name: "copy a range",
                run: { root throws(Errno) in
                    let source = try Calls.open("\(root)/mode")
                    let target = try Calls.open("\(root)/copied", O_WRONLY)
                    _ = try source.copy(to: target, from: 0, at: 100, 20_000)
                    try target.flush()
                }, isDone: holds("copied", Array(old[..<100]) + old[..<20_000] + old[20_100...])),
            Step(
                name: "rename",
                run: { root throws(Errno) in
                    try Calls.rename("\(root)/renamed", to: "\(root)/folder/new name")
                },
                isDone: { root throws(Errno) in
                    let bytes = try Calls.contents("\(root)/folder/new name")
                    return bytes == old && !Calls.exists("\(root)/renamed")
                }),
            Step(
                name: "rename over",
                run: { root throws(Errno) in
                    try Calls.rename("\(root)/replacing", to: "\(root)/moved")
                },
                isDone: { root throws(Errno) in
                    let bytes = try Calls.contents("\(root)/moved")
                    return bytes == old && !Calls.exists("\(root)/replacing")
                }),
            Step(
                name: "link",
                run: { root throws(Errno) in
                    try Calls.link("\(root)/linked", to: "\(root)/second")
                },
                isDone: { root throws(Errno) in try Calls.status("\(root)/second").st_nlink == 2 }),
            Step(
                name: "symlink",
                run: { root throws(Errno) in try Calls.symbolicLink("linked", at: "\(root)/soft") },
                isDone: { root throws(Errno) in
                    try Calls.linkTarget("\(root)/soft") == Array("linked".utf8)
                }),
            Step(
                name: "mkdir",
                run: { root throws(Errno) in try Calls.makeDirectory("\(root)/folder/made") },
                isDone: { root throws(Errno) in
                    try Calls.status("\(root)/folder/made").isDirectory
                }),
            Step(
                name: "rmdir",
                run: { root throws(Errno) in try Calls.removeDirectory("\(root)/doomed") },
                isDone: { root throws(Errno) in !Calls.exists("\(root)/doomed") }),
            Step(
                name: "unlink",
                run: { root throws(Errno) in try Calls.unlink("\(root)/removed") },
                isDone: { root throws(Errno) in !Calls.exists("\(root)/removed") }),
            Step(
                name: "chmod",
                run: { root throws(Errno) in try Calls.setMode("\(root)/mode", 0o600) },
                isDone: { root throws(Errno) in
                    try Calls.status("\(root)/mode").st_mode & 0o777 == 0o600
                }),
            Step(
                name: "utimes",
                run: { root throws(Errno) in
                    try Calls.setModified("\(root)/times", seconds: 1_000_000_000)
                },
                isDone: { root throws(Errno) in
                    try Calls.status("\(root)/times").st_mtim.tv_sec == 1_000_000_000
                }),
            Step(
                name: "setxattr",
                run: { root throws(Errno) in
                    try Calls.setAttribute("\(root)/attribute", "user.note", to: [1, 2])
                },
                isDone: { root throws(Errno) in
                    try Calls.attribute("\(root)/attribute", "user.note") == [1, 2]
                }),
        ]
    }

    /// What became of the steps: the errors that callers were given.
    func run(on view: String) -> [String: Errno] {
        var errors: [String: Errno] = [:]
        for step in steps {
            do throws(Errno) {
                try step.run(view)
            } catch {
                errors[step.name] = error
            }
        }
        return errors
    }

    /// Steps that were said to be done, and are not on the share.
    func missing(on truth: String, failed: [String: Errno]) -> [String] {
        steps.filter { step in
            guard failed[step.name] == nil else { return false }
            return (try? step.isDone(truth)) != true
        }.map(\.name)
    }
}

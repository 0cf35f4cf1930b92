import Fuse
import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import View

/// What is done through a view, and beside it, is done to a twin of the share too: errors, listings and bytes are the same at each step.
///
/// Without a kernel, so that thousands of steps take seconds. `LARDER_TEST_SEED` repeats a failure, `LARDER_TEST_SCALE` makes more of it.
@Suite struct TwinTreeTests {
    private enum Step: CustomStringConvertible {
        case save(RelativePath, Int)
        case remove(RelativePath)
        case makeFolder(RelativePath)
        case removeFolder(RelativePath)
        case rename(RelativePath, RelativePath)

        var description: String {
            switch self {
            case .save(let path, let size): "save \(path) (\(size))"
            case .remove(let path): "remove \(path)"
            case .makeFolder(let path): "make \(path)/"
            case .removeFolder(let path): "remove \(path)/"
            case .rename(let path, let new): "rename \(path) to \(new)"
            }
        }

        init(_ generator: inout SplitMix) {
            let path = Self.path(&generator)
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4: self = .save(path, Int.random(in: 0..<3000, using: &generator))
            case 4: self = .remove(path)
            case 5, 6: self = .makeFolder(path)
            case 7: self = .removeFolder(path)
            default: self = .rename(path, Self.path(&generator))
            }
        }

        /// Few names, so that they meet.
        static func path(_ generator: inout SplitMix) -> RelativePath {
            let depth = Int.random(in: 1...3, using: &generator)
            return RelativePath(
                (0..<depth).map { _ in
                    Name(["a", "b", "c"].randomElement(using: &generator) ?? "a")
                })
        }
    }

    /// A directory that the steps are done in by the kernel itself.
    private struct Tree {
        let root: String

        func absolute(_ path: RelativePath) -> String {
            ([root] + path.components.map(\.description)).joined(separator: "/")
        }

        private func check(_ result: Int32) throws(Errno) {
            guard result >= 0 else { throw Errno(rawValue: errno) }
        }

        func run(_ step: Step, _ bytes: [UInt8]) throws(Errno) {
            switch step {
            case .save(let path, _):
                let file = open(absolute(path), O_CREAT | O_WRONLY | O_TRUNC, 0o644)
                try check(file)
                defer { close(file) }
                guard write(file, bytes, bytes.count) == bytes.count else {
                    throw Errno(rawValue: errno)
                }
            case .remove(let path): try check(unlink(absolute(path)))
            case .makeFolder(let path): try check(mkdir(absolute(path), 0o755))
            case .removeFolder(let path): try check(rmdir(absolute(path)))
            case .rename(let path, let new):
                try check(Glibc.rename(absolute(path), absolute(new)))
            }
        }

        func list(_ path: RelativePath) throws(Errno) -> [Name] {
            guard let folder = opendir(absolute(path)) else { throw Errno(rawValue: errno) }
            defer { closedir(folder) }
            var names: [Name] = []
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { names.append(Name(name)) }
            }
            return names
        }

        func attributes(_ path: RelativePath) throws(Errno) -> FileAttributes {
            try FileCalls.attributes(ofPath: absolute(path))
        }

        func read(_ path: RelativePath) throws(Errno) -> [UInt8] {
            let file = open(absolute(path), O_RDONLY)
            try check(file)
            defer { close(file) }
            var bytes = [UInt8](repeating: 0, count: 8192)
            let count = Glibc.read(file, &bytes, bytes.count)
            guard count >= 0 else { throw Errno(rawValue: errno) }
            return Array(bytes[..<count])
        }
    }

    private func run(_ step: Step, _ bytes: [UInt8], in kernel: KernelDouble) throws(Errno) {
        switch step {
        case .save(let path, _): try kernel.save(path, bytes)
        case .remove(let path): try kernel.unlink(path)
        case .makeFolder(let path): try kernel.makeDirectory(path)
        case .removeFolder(let path): try kernel.removeDirectory(path)
        case .rename(let path, let new): try kernel.rename(path, to: new)
        }
    }

    private func result<Value>(_ body: () throws(Errno) -> Value) -> Result<Value, Errno> {
        do throws(Errno) { return .success(try body()) } catch { return .failure(error) }
    }

    private func error(_ body: () throws(Errno) -> Void) -> Errno? {
        do throws(Errno) {
            try body()
            return nil
        } catch {
            return error
        }
    }

    /// How a look at a path through the view differs from one at the twin; nil where it does not.
    private func difference(
        _ path: RelativePath, _ kernel: KernelDouble, _ twin: Tree
    ) -> String? {
        let shown = result { () throws(Errno) in try kernel.attributes(path) }
        let real = result { () throws(Errno) in try twin.attributes(path) }
        switch (shown, real) {
        case (.failure(let one), .failure(let other)) where one == other: return nil
        case (.success(let one), .success(let other)) where one.isDirectory == other.isDirectory:
            if one.isDirectory {
                let names = result { () throws(Errno) in Set(try kernel.list(path)) }
                let expected = result { () throws(Errno) in Set(try twin.list(path)) }
                return names == expected ? nil : "\(path)/ lists \(names), not \(expected)"
            }
            guard one.size == other.size else {
                return "\(path) has \(one.size), not \(other.size)"
            }
            let bytes = result { () throws(Errno) in try kernel.read(path, piece: 1000) }
            return bytes == result { () throws(Errno) in try twin.read(path) }
                ? nil : "\(path) has other bytes (\(bytes.map(\.count)))"
        default: return "\(path) is \(shown), not \(real)"
        }
    }

    /// - Parameter others: of a hundred steps, how many are done on the share beside the view.
    private func walk(
        _ consistency: Consistency, seed: UInt64, steps: Int, others: Int
    ) throws {
        var generator = SplitMix(seed: seed)
        let fixture = try ViewFixture(consistency)
        let twinDirectory = try TemporaryDirectory(in: "/dev/shm")
        let (share, twin) = (Tree(root: fixture.root), Tree(root: twinDirectory.path))
        var last: [String] = []
        func fail(_ what: String) {
            Issue.record(
                "LARDER_TEST_SEED=\(TestRun.seed) (\(consistency), \(seed)): \(what)\nbefore it:\n  \(last.joined(separator: "\n  "))"
            )
        }
        for number in 0..<steps {
            let step = Step(&generator)
            let isByOthers = Int.random(in: 0..<100, using: &generator) < others
            var bytes: [UInt8] = []
            if case .save(_, let size) = step {
                bytes = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            }
            last.append("\(number): \(step)\(isByOthers ? " by others" : "")")
            if last.count > 20 { last.removeFirst() }
            let expected = error { () throws(Errno) in try twin.run(step, bytes) }
            let found = error { () throws(Errno) in
                if isByOthers {
                    try share.run(step, bytes)
                } else {
                    try run(step, bytes, in: fixture.kernel)
                }
            }
            guard found == expected else {
                fail("gives \(found?.message ?? "no error"), not \(expected?.message ?? "none")")
                return
            }
            try fixture.pass(.milliseconds(Int64.random(in: 0..<400, using: &generator)))
            if Int.random(in: 0..<40, using: &generator) == 0 { fixture.kernel.shrink() }
            if Int.random(in: 0..<100, using: &generator) == 0 { fixture.kernel.dropCaches() }
            for _ in 0..<3 {
                let path =
                    Int.random(in: 0..<8, using: &generator) == 0
                    ? RelativePath() : Step.path(&generator)
                if let difference = difference(path, fixture.kernel, twin) {
                    fail(difference)
                    return
                }
            }
        }
    }

    /// `strict` shows what others do at once.
    @Test(arguments: 0..<4)
    func strictIsAsItsShareAtEachStep(run: Int) throws {
        try walk(
            .strict, seed: TestRun.seed &+ UInt64(run), steps: TestRun.scaled(1200), others: 50)
    }

    /// `eventual` shows what is done through it at once.
    @Test(arguments: 0..<4)
    func eventualIsExactInWhatIsDoneThroughIt(run: Int) throws {
        try walk(
            .eventual, seed: TestRun.seed &+ UInt64(run), steps: TestRun.scaled(1200), others: 0)
    }
}

import Glibc
import Model
import Platform
import TestSupport

/// A view and a plain directory to which the same is done, call by call.
///
/// After each call both must have given the same answer, and what the view shows must be what its share holds.
struct Twins {
    /// Open on both sides; what is done through it is done to both.
    struct Handle {
        var number: Int
        var model: OpenFile
        var view: OpenFile
        var flags: Int32
        /// Shared and writable, of the first `count` bytes.
        var maps: (model: MappedFile, view: MappedFile)?
        var isWritable: Bool { flags & O_ACCMODE != O_RDONLY }
        var isReadable: Bool { flags & O_ACCMODE != O_WRONLY }
    }

    let model: [UInt8]
    let share: [UInt8]
    let view: [UInt8]
    var handles: [Handle] = []
    /// Of the plain directory: what there is, parents first.
    private(set) var known: [[UInt8]] = []
    /// Inodes of the plain directory whose pages were written and not sent: when that happens, and what time they
    /// get for it, is up to the kernel.
    var unsent: Set<ino_t> = []
    private var opened = 0

    init(model: String, view: RunningView) {
        self.model = model.pathBytes
        share = view.share.pathBytes
        self.view = view.path.pathBytes
    }

    mutating func look() throws(Errno) {
        known = try FileTree.paths(model).map(\.path)
    }

    static func at(_ root: [UInt8], _ path: [UInt8]) -> [UInt8] {
        path.isEmpty ? root : root / path
    }

    // MARK: - Doing

    /// Does `body` to both, and compares what came of it.
    func both<Value: Equatable>(
        _ body: ([UInt8]) throws(Errno) -> Value
    ) -> (Result<Value, Errno>, difference: String?) {
        let expected = Result { () throws(Errno) in try body(model) }
        let shown = Result { () throws(Errno) in try body(view) }
        return (expected, Self.difference(expected, shown))
    }

    func both<Value: Equatable>(
        _ handle: Handle, _ body: (OpenFile) throws(Errno) -> Value
    ) -> (Result<Value, Errno>, difference: String?) {
        let expected = Result { () throws(Errno) in try body(handle.model) }
        let shown = Result { () throws(Errno) in try body(handle.view) }
        return (expected, Self.difference(expected, shown))
    }

    static func difference<Value: Equatable>(
        _ expected: Result<Value, Errno>, _ shown: Result<Value, Errno>
    ) -> String? {
        if expected == shown { return nil }
        if case .success(let left as [UInt8]) = expected,
            case .success(let right as [UInt8]) = shown
        {
            return TreeComparison.difference(left, right, at: 0)
        }
        return "\(text(shown)) for \(text(expected))"
    }

    private static func text<Value>(_ result: Result<Value, Errno>) -> String {
        switch result {
        case .success(let value): "\(value)".count > 200 ? "success" : "\(value)"
        case .failure(let error): error.message
        }
    }

    /// - Returns: the difference, if one side opened what the other did not.
    mutating func open(_ path: [UInt8], _ flags: Int32, mode: mode_t = 0o644) -> String? {
        var files: [OpenFile] = []
        let (_, difference) = both { root throws(Errno) -> Bool in
            files.append(try Calls.open(Self.at(root, path), flags, mode: mode))
            return true
        }
        if difference == nil, files.count == 2 {
            opened += 1
            handles.append(
                Handle(number: opened, model: files[0], view: files[1], flags: flags))
        }
        return difference
    }

    /// Sends what was written through mappings, so that both sides can be held against each other.
    mutating func settle() -> String? {
        for handle in handles {
            guard let maps = handle.maps else { continue }
            let isSent = Result { () throws(Errno) -> Bool in
                try maps.model.synchronize()
                try maps.view.synchronize()
                return true
            }
            if case .failure(let error) = isSent { return "msync: \(error.message)" }
        }
        guard !unsent.isEmpty else { return nil }
        for path in known {
            guard let status = try? Calls.status(Self.at(model, path)),
                unsent.contains(status.st_ino)
            else { continue }
            let (_, difference) = both { root throws(Errno) -> Bool in
                try Calls.setModified(Self.at(root, path), seconds: TestLibrary.longAgo)
                return true
            }
            if let difference { return "settling \(path.printable): \(difference)" }
        }
        // Some have no name any more.
        let time = timespec(tv_sec: TestLibrary.longAgo, tv_nsec: 0)
        for handle in handles {
            guard let status = try? handle.model.status(), unsent.contains(status.st_ino) else {
                continue
            }
            do throws(Errno) {
                try handle.model.setTimes(accessed: time, modified: time)
                try handle.view.setTimes(accessed: time, modified: time)
            } catch {
                return "settling handle \(handle.number): \(error.message)"
            }
        }
        unsent = []
        return nil
    }

    // MARK: - Looking

    /// Attributes of one path, on both sides and on the share.
    func attributesDifference(_ path: [UInt8]) -> String? {
        let expected = Result { () throws(Errno) in try Calls.status(Self.at(model, path)) }
        let shown = Result { () throws(Errno) in try Calls.status(Self.at(view, path)) }
        let held = Result { () throws(Errno) in try Calls.status(Self.at(share, path)) }
        let words: String?
        switch (expected, shown, held) {
        case (.success(let model), .success(let view), .success(let share)):
            words = difference(model, view, path.isEmpty ? nil : share)
        case (.failure(let left), .failure(let right), .failure):
            words = left == right ? nil : "\(right.message) for \(left.message)"
        default:
            words =
                "view \(Self.state(shown)), share \(Self.state(held)), expected "
                + Self.state(expected)
        }
        return words.map { "\(path.printable): \($0)" }
    }

    private static func state(_ result: Result<stat, Errno>) -> String {
        switch result {
        case .success: "there"
        case .failure(let error): error.message
        }
    }

    func difference(_ model: stat, _ view: stat, _ share: stat?) -> String? {
        var words: [String] = []
        func compare<Value: Equatable>(_ name: String, _ wanted: Value, _ got: Value) {
            if wanted != got { words.append("\(name) \(got) for \(wanted)") }
        }
        compare("mode", model.st_mode, view.st_mode)
        compare("uid", model.st_uid, view.st_uid)
        compare("gid", model.st_gid, view.st_gid)
        compare("nlink", model.st_nlink, view.st_nlink)
        compare("rdev", model.st_rdev, view.st_rdev)
        if !model.isDirectory { compare("size", model.st_size, view.st_size) }
        let isSent = !unsent.contains(model.st_ino)
        if isSent, let time = Self.difference(model.st_mtim, view.st_mtim) {
            words.append("mtime \(time)")
        }
        if let share {
            compare("inode against the share's", share.st_ino, view.st_ino)
            compare("size against the share's", share.st_size, view.st_size)
            if isSent {
                compare(
                    "mtime against the share's", Self.text(share.st_mtim), Self.text(view.st_mtim))
                compare(
                    "ctime against the share's", Self.text(share.st_ctim), Self.text(view.st_ctim))
            }
        }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    private static func text(_ time: timespec) -> String {
        let fraction = "\(1_000_000_000 + time.tv_nsec)".dropFirst()
        return "\(time.tv_sec).\(fraction)"
    }

    /// Set times are equal; those of the clock are as far apart as the two calls.
    private static func difference(_ model: timespec, _ view: timespec) -> String? {
        let isSet = model.tv_sec < 1_700_000_000 || view.tv_sec < 1_700_000_000
        let apart = Double(view.tv_sec - model.tv_sec) + Double(view.tv_nsec - model.tv_nsec) * 1e-9
        return (isSet ? apart == 0 : abs(apart) < 2) ? nil : "\(text(view)) for \(text(model))"
    }

    /// Everything: names, attributes, contents, and what is open.
    ///
    /// - Parameter readsFiles: false for names and attributes only.
    mutating func difference(readsFiles: Bool) throws(Errno) -> String? {
        try look()
        if let difference = settle() { return difference }
        for path in [[]] + known {
            if let difference = attributesDifference(path) { return difference }
            let status = try Calls.status(Self.at(model, path))
            if status.isDirectory, let difference = listingDifference(path) { return difference }
            if status.isLink {
                let (_, difference) = both { root throws(Errno) in
                    try Calls.linkTarget(Self.at(root, path))
                }
                if let difference { return "target of \(path.printable): \(difference)" }
            }
            if readsFiles, status.isRegular, let difference = contentsDifference(path) {
                return difference
            }
        }
        for handle in handles where handle.isReadable && readsFiles {
            if let difference = contentsDifference(handle) { return difference }
        }
        return nil
    }

    func listingDifference(_ path: [UInt8]) -> String? {
        let (_, difference) = both { root throws(Errno) in
            try Calls.names(Self.at(root, path)).map(\.printable).sorted()
        }
        return difference.map { "listing of '\(path.printable)': \($0)" }
    }

    /// Read by root, whatever the file's mode.
    func contentsDifference(_ path: [UInt8]) -> String? {
        let (_, difference) = both { root throws(Errno) in
            try Calls.contents(Self.at(root, path))
        }
        if let difference { return "contents of \(path.printable): \(difference)" }
        do throws(Errno) {
            let shown = try Calls.contents(Self.at(view, path))
            let held = try Calls.contents(Self.at(share, path))
            return TreeComparison.difference(held, shown, at: 0)
                .map { "contents of \(path.printable) against the share's: \($0)" }
        } catch {
            return "contents of \(path.printable): \(error.message)"
        }
    }

    private func contentsDifference(_ handle: Handle) -> String? {
        let (_, difference) = both(handle) { file throws(Errno) -> [UInt8] in
            let size = try file.status().st_size
            return try file.read(at: 0, min(Int(size) + 1, 8 << 20))
        }
        return difference.map { "contents through handle \(handle.number): \($0)" }
    }
}

import Glibc
import Model
import Platform
import TestSupport

/// Generates operations, and does each to both of the ``Twins``.
struct TwinOperator {
    typealias Outcome = (what: String, difference: String?)

    var twins: Twins
    /// As whom to act, beside root: the view must let others in, and we must be root.
    let users: [UInt32]
    private var sinceLook = 0

    static let handlesMax = 8
    private static let names: [[UInt8]] = [
        "a.txt", "film.mkv", "c.jpg", "folder", "notes.db", "ä ö",
    ].map { Array($0.utf8) }

    init(_ twins: Twins, users: [UInt32]) {
        self.twins = twins
        self.users = users
    }

    // MARK: - Choosing

    private func any<Element>(_ all: [Element], _ generator: inout SplitMix) -> Element {
        all[Int.random(in: 0..<all.count, using: &generator)]
    }

    /// Any of all paths that there may be; there are so few of them that they meet.
    private func place(_ generator: inout SplitMix) -> [UInt8] {
        var path = any(Self.names, &generator)
        for _ in 0..<2 where generator.chance(45) { path = path / any(Self.names, &generator) }
        return path
    }

    private func path(_ generator: inout SplitMix) -> [UInt8] {
        twins.known.isEmpty || generator.chance(15)
            ? place(&generator) : any(twins.known, &generator)
    }

    private func user(_ generator: inout SplitMix) -> UInt32 {
        users.isEmpty || generator.chance(75) ? 0 : any(users, &generator)
    }

    /// Set-group-id without group execution stays out: a write by others clears it on Linux's own file systems,
    /// and FUSE's kernel half leaves it.
    private func mode(_ generator: inout SplitMix) -> mode_t {
        any([0o644, 0o644, 0o600, 0o666, 0o755, 0o4755, 0o2755, 0o4644, 0o400, 0], &generator)
    }

    private func folderMode(_ generator: inout SplitMix) -> mode_t {
        any([0o755, 0o755, 0o777, 0o700, 0o1777, 0o2775, 0o555], &generator)
    }

    private func openFlags(_ generator: inout SplitMix) -> Int32 {
        var flags = any([O_RDONLY, O_RDWR, O_RDWR, O_WRONLY], &generator)
        for extra in [O_APPEND, O_TRUNC, O_CREAT, O_EXCL, O_SYNC] where generator.chance(18) {
            flags |= extra
        }
        // What the two together do is not defined.
        return flags & O_CREAT == 0 ? flags & ~O_EXCL : flags
    }

    /// Around pages, blocks and chunks mostly.
    private func offset(_ generator: inout SplitMix) -> Int64 {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<2: 0
        case 2..<6: Int64.random(in: 0...20_000, using: &generator)
        case 6..<8:
            Int64((4096 << Int.random(in: 0...9, using: &generator)))
                + Int64.random(in: -3...3, using: &generator)
        default: Int64.random(in: 0...1_500_000, using: &generator)
        }
    }

    private func count(_ generator: inout SplitMix) -> Int {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: 0
        case 1..<12: Int.random(in: 1...5000, using: &generator)
        case 12..<16: 4096 << Int.random(in: 0...4, using: &generator)
        case 16..<19: Int.random(in: 5000...140_000, using: &generator)
        default: Int.random(in: 140_000...400_000, using: &generator)
        }
    }

    private func time(_ generator: inout SplitMix) -> timespec {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: .omitted
        case 1: .now
        default:
            timespec(
                tv_sec: TestLibrary.longAgo + Int.random(in: 0...1_000_000, using: &generator),
                tv_nsec: Int.random(in: 0..<1_000_000_000, using: &generator))
        }
    }

    // MARK: - One operation

    /// Does something, generated, to both.
    mutating func step(_ generator: inout SplitMix) throws(Errno) -> Outcome {
        sinceLook += 1
        if sinceLook > 12 {
            try twins.look()
            sinceLook = 0
        }
        let kind = Int.random(in: 0..<100, using: &generator)
        let hasHandle = !twins.handles.isEmpty
        switch kind {
        case 0..<40: return names(&generator)
        case 40..<55: return attributes(&generator)
        case 55..<63: return looks(&generator)
        case 63..<72: return opens(&generator)
        default: return hasHandle ? contents(&generator) : opens(&generator)
        }
    }

    /// One call about one path, and the attributes that follow from it.
    private func call<Value: Equatable>(
        _ words: String, _ path: [UInt8], _ other: [UInt8]? = nil, as user: UInt32 = 0,
        _ body: ([UInt8]) throws(Errno) -> Value
    ) -> Outcome {
        let (result, difference) = twins.both { root throws(Errno) in
            try Calls.acting(as: user) { () throws(Errno) in try body(root) }
        }
        var what = "\(words) \(path.printable)"
        if let other { what += " → \(other.printable)" }
        if user != 0 { what += " as \(user)" }
        if case .failure(let error) = result { what += ": \(error.message)" }
        if let difference { return (what, difference) }
        for touched in [path, Self.parent(path), other, other.map(Self.parent)] {
            if let touched, let difference = twins.attributesDifference(touched) {
                return (what, difference)
            }
        }
        return (what, nil)
    }

    private static func parent(_ path: [UInt8]) -> [UInt8] {
        path.lastIndex(of: 0x2F).map { Array(path[..<$0]) } ?? []
    }

    // MARK: - Names

    private func names(_ generator: inout SplitMix) -> Outcome {
        let user = user(&generator)
        let path = path(&generator)
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<26:
            let place = place(&generator)
            let bytes = generator.content(count(&generator))
            let (flags, mode) = (generator.chance(70) ? O_TRUNC : O_EXCL, mode(&generator))
            return call("write \(bytes.count) bytes to", place, as: user) { root throws(Errno) in
                let file = try Calls.open(
                    root / place, O_WRONLY | O_CREAT | O_NONBLOCK | flags, mode: mode)
                try file.write(bytes, at: 0)
                try file.flush()
                return true
            }
        case 26..<38:
            let (place, mode) = (place(&generator), folderMode(&generator))
            return call("mkdir", place, as: user) { root throws(Errno) in
                try Calls.makeDirectory(root / place, mode: mode)
                return true
            }
        case 38..<43:
            return call("rmdir", path, as: user) { root throws(Errno) in
                try Calls.removeDirectory(root / path)
                return true
            }
        case 43..<57:
            return call("unlink", path, as: user) { root throws(Errno) in
                try Calls.unlink(root / path)
                return true
            }
        case 57..<80:
            let other = generator.chance(50) ? self.path(&generator) : place(&generator)
            let flags: UInt32 = any(
                [0, 0, 0, RenameFlags.noReplace, RenameFlags.exchange, RenameFlags.exchange],
                &generator)
            return call("rename (\(flags))", path, other, as: user) { root throws(Errno) in
                try Calls.rename(root / path, to: root / other, flags: flags)
                return true
            }
        case 80..<89:
            let other = place(&generator)
            return call("link", path, other, as: user) { root throws(Errno) in
                try Calls.link(root / path, to: root / other)
                return true
            }
        case 89..<95:
            let other = place(&generator)
            return call("symlink", other, as: user) { root throws(Errno) in
                try Calls.symbolicLink(path, at: root / other)
                return true
            }
        default:
            let other = place(&generator)
            // No devices: the view is mounted nodev, and opening one is refused.
            let kind = any([S_IFIFO, S_IFREG, S_IFSOCK], &generator)
            let mode = mode(&generator)
            return call("mknod \(kind >> 12)", other, as: user) { root throws(Errno) in
                try Calls.makeNode(root / other, mode: kind | mode)
                return true
            }
        }
    }

    // MARK: - Attributes

    private func attributes(_ generator: inout SplitMix) -> Outcome {
        let user = user(&generator)
        let path = path(&generator)
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<22:
            let mode = generator.chance(50) ? mode(&generator) : folderMode(&generator)
            return call("chmod \(String(mode, radix: 8))", path, as: user) { root throws(Errno) in
                // chmod(2) follows links, and would leave the tree.
                guard try !Calls.status(root / path).isLink else { return false }
                try Calls.setMode(root / path, mode)
                return true
            }
        case 22..<37:
            let owner: uid_t = any([0, 1000, 1001, .max], &generator)
            let group: gid_t = any([0, 1000, 1001, .max], &generator)
            return call("chown \(owner):\(group)", path, as: user) { root throws(Errno) in
                try Calls.setOwner(root / path, user: owner, group: group)
                return true
            }
        case 37..<60:
            let (accessed, modified) = (time(&generator), time(&generator))
            let words =
                "utimes \(accessed.tv_sec).\(accessed.tv_nsec)"
                + " \(modified.tv_sec).\(modified.tv_nsec)"
            return call(words, path, as: user) { root throws(Errno) -> [Int] in
                let absolute = root / path
                try Calls.setTimes(absolute, accessed: accessed, modified: modified)
                let status = try Calls.status(absolute)
                // Given ones; the clock's are compared with the other attributes.
                return accessed.tv_sec > 0 ? [status.st_atim.tv_sec, status.st_atim.tv_nsec] : []
            }
        case 60..<80:
            let size = offset(&generator)
            return call("truncate \(size)", path, as: user) { root throws(Errno) in
                guard try Calls.status(root / path).isRegular else { return false }
                try Calls.truncate(root / path, max(0, size))
                return true
            }
        case 80..<93:
            let (name, flags) = (
                any(["user.a", "user.b"], &generator), any([0, 0, 1, 2], &generator)
            )
            let value = generator.content(Int.random(in: 0...300, using: &generator))
            return call("setxattr \(name) (\(flags))", path, as: user) { root throws(Errno) in
                try Calls.setAttribute(root / path, name, to: value, flags: Int32(flags))
                return true
            }
        default:
            let name = any(["user.a", "user.b"], &generator)
            return call("removexattr \(name)", path, as: user) { root throws(Errno) in
                try Calls.removeAttribute(root / path, name)
                return true
            }
        }
    }

    // MARK: - Looks

    private func looks(_ generator: inout SplitMix) -> Outcome {
        let user = user(&generator)
        let path = path(&generator)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return ("list \(path.printable)", twins.listingDifference(path))
        case 1:
            return call("getxattr", path) { root throws(Errno) -> [[UInt8]] in
                let names = try Calls.attributeNames(root / path)
                var values: [[UInt8]] = names.map { Array($0.utf8) }
                for name in names { values.append(try Calls.attribute(root / path, name)) }
                return values
            }
        case 2:
            let mode = any([R_OK, W_OK, X_OK], &generator)
            return call("access \(mode)", path) { root throws(Errno) in
                try Calls.access(root / path, mode)
                return true
            }
        case 3:
            return call("readlink", path) { root throws(Errno) in
                try Calls.linkTarget(root / path)
            }
        default:
            return call("read", path, as: user) { root throws(Errno) -> [UInt8] in
                // A link leads elsewhere, a FIFO nowhere.
                let status = try Calls.status(root / path)
                guard status.isRegular || status.isDirectory else { return [] }
                return try Calls.contents(root / path)
            }
        }
    }

    // MARK: - Open files

    private mutating func opens(_ generator: inout SplitMix) -> Outcome {
        if twins.handles.count >= Self.handlesMax
            || (!twins.handles.isEmpty && generator.chance(25))
        {
            let index = Int.random(in: 0..<twins.handles.count, using: &generator)
            let handle = twins.handles.remove(at: index)
            return ("close \(handle.number)", nil)
        }
        let flags = openFlags(&generator)
        let path = flags & O_CREAT != 0 ? place(&generator) : path(&generator)
        guard (try? Calls.status(twins.model / path))?.isRegular != false else {
            return ("open of no file \(path.printable)", nil)
        }
        let mode = mode(&generator)
        let difference = twins.open(path, flags, mode: mode)
        let number = twins.handles.last?.number ?? 0
        return (
            "open \(path.printable) (\(String(flags, radix: 8))), last is \(number)",
            difference ?? twins.attributesDifference(path)
        )
    }

    /// Something with the contents of an open file.
    private mutating func contents(_ generator: inout SplitMix) -> Outcome {
        let index = Int.random(in: 0..<twins.handles.count, using: &generator)
        let handle = twins.handles[index]
        let (offset, count) = (max(0, offset(&generator)), count(&generator))
        let user = user(&generator)
        func call<Value: Equatable>(
            _ words: String, _ body: (OpenFile) throws(Errno) -> Value
        ) -> Outcome {
            let (result, difference) = twins.both(handle) { file throws(Errno) in
                try Calls.acting(as: user) { () throws(Errno) in try body(file) }
            }
            var what = "\(handle.number): \(words)" + (user == 0 ? "" : " as \(user)")
            if case .failure(let error) = result { what += ": \(error.message)" }
            return (what, difference ?? statusDifference(handle))
        }
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<26:
            let bytes = generator.content(count)
            return call("pwrite \(count) at \(offset)") { file throws(Errno) in
                try file.writeOnce(bytes, at: offset)
            }
        case 26..<36:
            let bytes = generator.content(count)
            return call("write \(count)") { file throws(Errno) in try file.append(bytes) }
        case 36..<58:
            return call("pread \(count) at \(offset)") { file throws(Errno) in
                try file.read(at: offset, count)
            }
        case 58..<66:
            return call("ftruncate \(offset)") { file throws(Errno) in
                try file.setSize(offset)
                return true
            }
        case 66..<72:
            let mode = any(
                [0, AllocateMode.keepSize, 3, 3, AllocateMode.zeroRange, 17], &generator)
            return call("fallocate (\(mode)) \(count) at \(offset)") { file throws(Errno) in
                try file.allocate(mode: mode, offset: offset, length: Int64(count))
                return true
            }
        case 72..<76:
            let dataOnly = generator.chance(50)
            return call("fsync") { file throws(Errno) in
                try file.synchronize(dataOnly: dataOnly)
                return true
            }
        case 76..<77:
            let sets = generator.chance(50)
            return call(sets ? "set O_APPEND" : "clear O_APPEND") { file throws(Errno) in
                try file.setAppending(sets)
                return true
            }
        case 77..<79:
            let mode = mode(&generator)
            return call("fchmod") { file throws(Errno) in
                try file.setMode(mode)
                return true
            }
        case 79..<83:
            let (accessed, modified) = (time(&generator), time(&generator))
            return call("futimens") { file throws(Errno) in
                try file.setTimes(accessed: accessed, modified: modified)
                return true
            }
        case 83..<88: return copy(from: handle, offset, count, &generator)
        default: return mapped(index, offset, count, &generator)
        }
    }

    private func statusDifference(_ handle: Twins.Handle) -> String? {
        do throws(Errno) {
            return twins.difference(try handle.model.status(), try handle.view.status(), nil)
                .map { "handle \(handle.number): \($0)" }
        } catch {
            return "fstat: \(error.message)"
        }
    }

    private func copy(
        from handle: Twins.Handle, _ offset: Int64, _ count: Int, _ generator: inout SplitMix
    ) -> Outcome {
        let target = any(twins.handles, &generator)
        let at = max(0, self.offset(&generator))
        let expected = Result { () throws(Errno) in
            try handle.model.copy(to: target.model, from: offset, at: at, count)
        }
        let shown = Result { () throws(Errno) in
            try handle.view.copy(to: target.view, from: offset, at: at, count)
        }
        let what = "copy \(count) from \(offset) of \(handle.number) to \(at) of \(target.number)"
        let difference = Twins.difference(expected, shown)
        return (what, difference ?? statusDifference(target))
    }

    /// Reads and writes through a mapping, which stays for later.
    private mutating func mapped(
        _ index: Int, _ offset: Int64, _ count: Int, _ generator: inout SplitMix
    ) -> Outcome {
        let handle = twins.handles[index]
        guard handle.flags & O_ACCMODE == O_RDWR, let status = try? handle.model.status(),
            status.st_size > 0
        else { return ("nothing to map", nil) }
        do throws(Errno) {
            let maps: (model: MappedFile, view: MappedFile)
            if let known = handle.maps, generator.chance(80) {
                maps = known
            } else {
                let count = Int(status.st_size)
                maps = (
                    try MappedFile(handle.model, count: count, isWritable: true),
                    try MappedFile(handle.view, count: count, isWritable: true)
                )
                twins.handles[index].maps = maps
            }
            // Where the file has shrunk below its mapping there is nothing.
            let end = min(maps.model.count, Int(status.st_size))
            let start = Int(offset) % end
            let range = start..<min(end, start + max(1, count))
            guard generator.chance(60) else {
                let difference = TreeComparison.difference(
                    try maps.model.read(range), try maps.view.read(range), at: Int64(start))
                return ("\(handle.number): read map \(range)", difference)
            }
            let bytes = generator.content(range.count)
            try maps.model.write(bytes, at: start)
            try maps.view.write(bytes, at: start)
            twins.unsent.insert(status.st_ino)
            if generator.chance(70) {
                try maps.model.synchronize()
                try maps.view.synchronize()
            }
            return ("\(handle.number): write map \(range)", statusDifference(handle))
        } catch {
            return ("\(handle.number): map", error.message)
        }
    }
}

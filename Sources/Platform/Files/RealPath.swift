public import Model

import Glibc

/// Canonical paths: absolute, without `.`, `..` and symbolic links.
public enum RealPath {
    /// Everything on the way must exist.
    public static func resolve(_ path: [UInt8]) throws(Errno) -> [UInt8] {
        var failure: Int32 = 0
        let resolved = withNulTerminated(path) { raw -> [UInt8]? in
            guard let found = realpath(raw, nil) else {
                failure = errno
                return nil
            }
            defer { free(found) }
            return Array(
                UnsafeBufferPointer(start: found, count: strlen(found)).map(UInt8.init(bitPattern:))
            )
        }
        guard let resolved else { throw Errno(rawValue: failure) }
        return resolved
    }

    public static func resolve(_ path: String) throws(Errno) -> String {
        String(decoding: try resolve(Array(path.utf8)), as: UTF8.self)
    }

    /// The parent resolved, the last component kept as it is: for what does not exist yet, and for
    /// mountpoints whose file system no longer answers.
    public static func resolveParent(_ path: String) throws(Errno) -> String {
        let (parent, last) = split(lexical(path, from: try workingDirectory()))
        guard !last.isEmpty else { return "/" }
        let above = try resolve(parent)
        return above == "/" ? "/\(last)" : "\(above)/\(last)"
    }

    /// The path resolved as far as that asks nobody who may be away: from the first mount on that `isLeftAlone`, and from what is
    /// not there, it is taken as it is written. What it is called where all of it is there and no link lies behind that.
    ///
    /// - Returns: nil where that cannot be told.
    public static func resolve(
        _ path: String, upTo isLeftAlone: (_ mountPoint: [UInt8]) -> Bool
    ) -> [UInt8]? {
        let slash = UInt8(ascii: "/")
        var left: [[UInt8]] = path.utf8.split(separator: slash).map { Array($0) }.reversed()
        var resolved: [UInt8] = []
        var linksLeft = 40
        var isAsWritten = false
        if !path.hasPrefix("/") {
            guard let directory = try? workingDirectory() else { return nil }
            if directory != "/" { resolved = Array(directory.utf8) }
        }
        while let component = left.popLast() {
            if component == Array(".".utf8) { continue }
            if component == Array("..".utf8) {
                // Behind a link that was not looked at it would lead elsewhere.
                if isAsWritten { return nil }
                resolved = Array(resolved[..<(resolved.lastIndex(of: slash) ?? 0)])
                continue
            }
            resolved += [slash] + component
            isAsWritten = isAsWritten || isLeftAlone(resolved)
            if isAsWritten { continue }
            do {
                let place = Name(resolved)
                let target = try FileCalls.readLink(at: FileCalls.workingDirectory, place)
                linksLeft -= 1
                guard linksLeft > 0 else { return nil }
                let parent = resolved[..<(resolved.lastIndex(of: slash) ?? 0)]
                resolved = target.first == slash ? [] : Array(parent)
                left += target.split(separator: slash).map { Array($0) }.reversed()
            } catch .noSuchFile {
                isAsWritten = true
            } catch {
                // No link.
            }
        }
        return resolved.isEmpty ? [slash] : resolved
    }

    /// The path made absolute by its text alone: nothing is looked up, symbolic links stay.
    public static func lexical(_ path: String, from directory: String) -> String {
        let bytes = lexical(Array(path.utf8), from: Array(directory.utf8))
        return String(decoding: bytes, as: UTF8.self)
    }

    public static func lexical(_ path: [UInt8], from directory: [UInt8]) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        var components: [ArraySlice<UInt8>] = []
        let whole = path.first == slash ? path : directory + [slash] + path
        for component in whole.split(separator: slash) {
            if component.elementsEqual([0x2E]) { continue }
            if component.elementsEqual([0x2E, 0x2E]) {
                _ = components.popLast()
            } else {
                components.append(component)
            }
        }
        return components.isEmpty ? [slash] : components.flatMap { [slash] + $0 }
    }

    /// Parent and last component of an absolute path without a slash at its end.
    public static func split(_ path: String) -> (parent: String, last: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let parent = path[..<slash]
        return (parent.isEmpty ? "/" : String(parent), String(path[path.index(after: slash)...]))
    }

    public static func workingDirectory() throws(Errno) -> String {
        try resolve(".")
    }
}

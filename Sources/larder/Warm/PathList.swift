import Glibc
import Model
import Platform

/// Paths from a file or from standard input, one after the other, however many there are. Bytes: names need not be UTF-8.
struct PathList {
    /// Of one path; the rest of a longer one is not looked at.
    private static let bytesMax = 64 << 10

    private let descriptor: DescriptorReference
    private let separator: UInt8
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    private var piece = [UInt8](repeating: 0, count: 16 << 10)

    /// - Parameters:
    ///   - path: `-` is standard input.
    ///   - isNul: paths end with a NUL instead of a newline.
    init(_ path: String, isNul: Bool) throws(Errno) {
        descriptor = DescriptorReference(
            path == "-" ? try FileCalls.duplicate(0) : try FileCalls.open(path, [.readOnly]))
        separator = isNul ? 0 : UInt8(ascii: "\n")
    }

    /// The next one that is not empty; nil at the end.
    mutating func next() throws(Errno) -> [UInt8]? {
        while true {
            if let end = buffer.firstIndex(of: separator) {
                let path = Array(buffer[..<end])
                buffer.removeSubrange(...end)
                if !path.isEmpty { return path }
                continue
            }
            guard !isAtEnd, buffer.count < Self.bytesMax else {
                defer { buffer = [] }
                return buffer.isEmpty ? nil : buffer
            }
            let count = try systemCall {
                piece.withUnsafeMutableBytes {
                    Glibc.read(descriptor.rawValue, $0.baseAddress, $0.count)
                }
            }
            isAtEnd = count == 0
            buffer += piece[..<count]
        }
    }
}

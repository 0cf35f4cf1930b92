public import Model

import CLinux
import Glibc

/// An open descriptor that is closed when it goes out of scope.
///
/// Every other file-system call in Larder hangs off this type or ``DescriptorReference``: one thin method
/// per system call, `EINTR` retried, failure thrown as `Errno`.
public struct FileDescriptor: ~Copyable, Sendable {
    public let rawValue: Int32

    /// Takes ownership of `rawValue`.
    public init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        _ = close(rawValue)
    }

    /// Gives up ownership: the caller closes it.
    public consuming func release() -> Int32 {
        let raw = rawValue
        discard self
        return raw
    }
}

/// A descriptor shared by reference: closed when the last holder lets go.
public final class DescriptorReference: Sendable {
    public let rawValue: Int32
    /// Lives as long as the descriptor: who counts descriptors sees by it when this one is closed.
    private let companion: (any Sendable)?

    public init(_ descriptor: consuming FileDescriptor, keeping companion: (any Sendable)? = nil) {
        rawValue = descriptor.release()
        self.companion = companion
    }

    deinit {
        _ = close(rawValue)
    }

    /// Runs `body` with the descriptor, which stays open for so long.
    ///
    /// `rawValue` alone keeps nothing alive: a reference that is nowhere else held may be released, and the number be
    /// another file's, before the call that it was read for.
    public func withRawValue<Result, Failure: Error>(
        _ body: (Int32) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(rawValue)
    }
}

/// Runs a system call that returns -1 and sets `errno` on failure; repeats it on `EINTR`.
@inline(__always)
public func systemCall<Result: FixedWidthInteger & SignedInteger>(
    _ body: () -> Result
) throws(Errno) -> Result {
    while true {
        let result = body()
        if result != -1 { return result }
        let code = errno
        if code != EINTR { throw Errno(rawValue: code) }
    }
}

extension Name {
    /// Calls `body` with the name as a C string.
    public func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withNulTerminated(bytes, body)
    }
}

/// Calls `body` with `bytes` and a NUL behind them. Names are at most 255 bytes, paths 4,095.
public func withNulTerminated<Result>(
    _ bytes: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
) -> Result {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
        for (index, byte) in bytes.enumerated() { buffer[index] = CChar(bitPattern: byte) }
        buffer[bytes.count] = 0
        // The allocation is never empty, so it has an address.
        return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
    }
}

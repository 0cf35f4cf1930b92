/// The bytes of one read or write on their way.
///
/// Unchecked because of the pointer; sound because one thread fills it and hands it on, after which it is only
/// read.
public final class TransferBuffer: @unchecked Sendable {
    /// Page-aligned.
    public let storage: UnsafeMutableRawBufferPointer
    /// Bytes that hold data, from the front.
    public var count = 0
    /// Lives as long as the bytes.
    private var companion: (any Sendable)?

    public init(_ capacity: Int) {
        storage = .allocate(byteCount: max(1, capacity), alignment: 4096)
    }

    /// - Parameter companion: kept for as long as the bytes are.
    public convenience init(
        copying bytes: UnsafeRawBufferPointer, keeping companion: (any Sendable)? = nil
    ) {
        self.init(bytes.count)
        self.companion = companion
        storage.copyMemory(from: bytes)
        count = bytes.count
    }

    deinit {
        storage.deallocate()
    }

    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }
}

/// A key that a policy counts without keeping it.
public protocol SketchedKey: Hashable, Sendable {
    /// The same in every run of a program, so that decisions can be replayed; equal for equal keys, and mostly for no others.
    var sketchHash: UInt64 { get }
}

extension Int32: SketchedKey {
    public var sketchHash: UInt64 { UInt64(UInt32(bitPattern: self)) }
}

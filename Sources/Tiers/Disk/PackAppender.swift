import Model
import Platform

/// The pack that is being filled. Belongs to the keeper's thread.
///
/// A class and not a value: the optimiser of Swift 6.3.1 fails on the value inside the keeper ("found outside of
/// lifetime use").
final class PackAppender {
    struct Place {
        var descriptor: DescriptorReference
        var pack: UInt32
        /// In units of ``PackFiles/alignment``.
        var page: UInt32

        var offset: Int64 { Int64(page) * Int64(PackFiles.alignment) }
    }

    /// A pack that is full.
    struct Left {
        var number: UInt32
        var descriptor: DescriptorReference
    }

    private struct Pack {
        var number: UInt32
        var descriptor: DescriptorReference
        var end: Int64
    }

    private let files: PackFiles
    /// After a crash the last pack may end in what nobody knows: it is not continued.
    private let startsNew: Bool
    private var current: Pack?

    init(files: PackFiles, startsNew: Bool) {
        self.files = files
        self.startsNew = startsNew
    }

    var number: UInt32? { current?.number }

    /// The pack's descriptor if it is the one that is being filled.
    func descriptor(of number: UInt32) -> DescriptorReference? {
        current?.number == number ? current?.descriptor : nil
    }

    /// A place for `count` bytes at the end of the pack; the next one begins behind it.
    ///
    /// - Returns: the place, and a pack that was just left, to be looked at if it is empty.
    func place(_ count: Int) throws(Errno) -> (place: Place, left: Left?) {
        var left: Left?
        if let current, current.end >= PackFiles.sizeMax {
            left = Left(number: current.number, descriptor: current.descriptor)
            self.current = nil
        }
        var pack = try continued(after: left?.number)
        // The last page's tail stays a hole, so the next chunk begins on a page of its own.
        let place = Place(
            descriptor: pack.descriptor, pack: pack.number,
            page: UInt32(pack.end / Int64(PackFiles.alignment)))
        pack.end += Int64((count + PackFiles.alignment - 1) & ~(PackFiles.alignment - 1))
        current = pack
        return (place, left)
    }

    private func continued(after left: UInt32?) throws(Errno) -> Pack {
        if let current { return current }
        return try next(after: left)
    }

    private func next(after left: UInt32?) throws(Errno) -> Pack {
        let last = try files.numbers().last ?? 0
        if left == nil, !startsNew, last > 0 {
            let descriptor = DescriptorReference(try files.openExisting(last))
            let size = try FileCalls.attributes(of: descriptor.rawValue).size
            let end = (size + Int64(PackFiles.alignment) - 1) & ~Int64(PackFiles.alignment - 1)
            if end < PackFiles.sizeMax {
                return Pack(number: last, descriptor: descriptor, end: end)
            }
        }
        let number = max(last, left ?? 0) + 1
        return Pack(
            number: number, descriptor: DescriptorReference(try files.open(number)), end: 0)
    }
}

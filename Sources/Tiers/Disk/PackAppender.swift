import Model
import Platform

/// The pack that is being filled. Belongs to the keeper's thread.
struct PackAppender {
    struct Place {
        var descriptor: DescriptorReference
        var pack: UInt32
        /// In units of ``PackFiles/alignment``.
        var page: UInt32

        var offset: Int64 { Int64(page) * Int64(PackFiles.alignment) }
    }

    private let files: PackFiles
    /// After a crash the last pack may end in what nobody knows: it is not continued.
    private let startsNew: Bool
    private var current: (number: UInt32, descriptor: DescriptorReference, end: Int64)?

    init(files: PackFiles, startsNew: Bool) {
        self.files = files
        self.startsNew = startsNew
    }

    var number: UInt32? { current?.number }
    var descriptor: DescriptorReference? { current?.descriptor }

    /// A place for `count` bytes at the end of the pack; the next one begins behind it.
    ///
    /// - Returns: the place, and a pack that was just left, to be looked at if it is empty.
    mutating func place(_ count: Int) throws(Errno) -> (place: Place, left: UInt32?) {
        var left: UInt32?
        if let current, current.end >= PackFiles.sizeMax {
            left = current.number
            self.current = nil
        }
        let (number, descriptor, start) = try current ?? next(after: left)
        var end = start
        // The last page's tail stays a hole, so the next chunk begins on a page of its own.
        let place = Place(
            descriptor: descriptor, pack: number, page: UInt32(end / Int64(PackFiles.alignment)))
        end += Int64((count + PackFiles.alignment - 1) & ~(PackFiles.alignment - 1))
        current = (number, descriptor, end)
        return (place, left)
    }

    private func next(
        after left: UInt32?
    ) throws(Errno) -> (number: UInt32, descriptor: DescriptorReference, end: Int64) {
        let last = try files.numbers().last ?? 0
        if left == nil, !startsNew, last > 0 {
            let descriptor = DescriptorReference(try files.openExisting(last))
            let size = try FileCalls.attributes(of: descriptor.rawValue).size
            let end = (size + Int64(PackFiles.alignment) - 1) & ~Int64(PackFiles.alignment - 1)
            if end < PackFiles.sizeMax { return (last, descriptor, end) }
        }
        let number = max(last, left ?? 0) + 1
        return (number, DescriptorReference(try files.open(number)), 0)
    }
}

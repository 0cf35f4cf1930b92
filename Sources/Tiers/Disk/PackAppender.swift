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
    private let totals: DiskTotals
    /// After a crash the last pack may end in what nobody knows: it is not continued.
    private var mayContinue: Bool
    private var current: Pack?

    init(files: PackFiles, totals: DiskTotals, mayContinue: Bool) {
        self.files = files
        self.totals = totals
        self.mayContinue = mayContinue
    }

    /// The pack's descriptor if it is the one that is being filled.
    func descriptor(of number: UInt32) -> DescriptorReference? {
        current?.number == number ? current?.descriptor : nil
    }

    /// Waits until the disk has the pack that is being filled.
    func synchronize() throws(Errno) {
        if let current { try FileCalls.synchronize(current.descriptor.rawValue) }
    }

    /// Puts an end to the pack if it is the one that is being filled.
    func leave(_ number: UInt32) {
        if current?.number == number { current = nil }
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
        var pack = try opened()
        // The last page's tail stays a hole, so the next chunk begins on a page of its own.
        let place = Place(
            descriptor: pack.descriptor, pack: pack.number,
            page: UInt32(pack.end / Int64(PackFiles.alignment)))
        pack.end += Int64((count + PackFiles.alignment - 1) & ~(PackFiles.alignment - 1))
        current = pack
        return (place, left)
    }

    private func opened() throws(Errno) -> Pack {
        if let current { return current }
        return try next()
    }

    private func next() throws(Errno) -> Pack {
        let last = max(try files.numbers().last ?? 0, totals.lastPack)
        if mayContinue, last > 0, let pack = try continued(last) { return pack }
        totals.lastPack = last + 1
        let descriptor = DescriptorReference(try files.open(last + 1))
        return Pack(number: last + 1, descriptor: descriptor, end: 0)
    }

    /// The last pack of the session before, nil when it is full or gone.
    private func continued(_ number: UInt32) throws(Errno) -> Pack? {
        mayContinue = false
        guard let opened = try? files.openExisting(number) else { return nil }
        let descriptor = DescriptorReference(opened)
        let size = try FileCalls.attributes(of: descriptor.rawValue).size
        let end = (size + Int64(PackFiles.alignment) - 1) & ~Int64(PackFiles.alignment - 1)
        return end < PackFiles.sizeMax
            ? Pack(number: number, descriptor: descriptor, end: end) : nil
    }
}

/// The distances that decide which reads belong together, in bytes; all follow from the unit that the tiers fetch.
struct StreamTuning: Sendable, Equatable {
    /// The tiers' block.
    let unit: Int64
    /// The kernel swaps neighbouring requests: a read this far behind the expected position still belongs to the
    /// stream. With blocks of 64 KiB that is 1 MiB, the kernel's largest request, as mountpoint-s3 has it.
    let backward: Int64
    /// A read that leaves out more than so many times the units that it reads goes on with its stream only by name: in a
    /// file that is read at random, most reads come within ``gapMax(chunkSize:)`` ahead of some earlier one.
    static let hopMin: Int64 = 4
    /// Units ahead of a first read that is shorter than one.
    static let sniffUnits: Int64 = 4
    /// Bytes of the first window.
    let firstWindow: Int64

    init(unit: Int) {
        self.unit = Int64(max(1, unit))
        backward = self.unit * 16
        firstWindow = self.unit * 16
    }

    /// Largest gap between consecutive reads of a stream: five chunks. What it leaves out is bounded beside that by density
    /// (``WindowPlanner/densityMin``).
    func gapMax(chunkSize: Int) -> Int64 { max(5 * Int64(chunkSize), 2 * unit) }
}

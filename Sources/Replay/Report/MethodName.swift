/// A method of reading ahead, by the name that people choose it with.
public enum MethodName: String, Sendable, CaseIterable {
    case none
    case linux128K = "linux-ra128K"
    case linux1M = "linux-ra1M"
    case next128K = "next-128K"
    case next1M = "next-1M"
    case leapRequest8 = "leap-req8"
    case leapPage8 = "leap-page8"
    case leapPage32 = "leap-page32"
    case foresight
    /// Knows what will be read, in pages and in the product's blocks; only where there are readers.
    case oracle
    case oracleBlocks = "oracle-blocks"
    /// Knows of each run in a file, from its first read on, how it goes on.
    case oracleRuns = "oracle-runs"

    /// Those that block traces know too.
    static let ofPages = allCases.filter {
        $0 != .oracle && $0 != .oracleBlocks && $0 != .oracleRuns
    }
}

/// Why bytes are not taken for samples.
public enum TrainingSampleRefusal: Error, Equatable, Sendable {
    /// They do not begin like samples.
    case foreign
    /// Of another format than this program's.
    case otherVersion(UInt32)
    /// They end within the header, or within a row.
    case truncated
    /// A number that no sample has.
    case senseless(String)
}

extension TrainingSampleRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .foreign: "these are no samples of Larder's"
        case .otherVersion(let version):
            "the samples have format version \(version), which is not ours"
        case .truncated: "the samples are not whole"
        case .senseless(let what): "the samples make no sense: \(what)"
        }
    }
}

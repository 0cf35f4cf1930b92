import Control
import Model
import Platform
import Tiers

/// What doctor knows of one view, mounted or to be mounted, with its share and its cache.
struct ViewFacts: Equatable, Sendable {
    /// One directory: what was found in it, and the mount that it lies on.
    struct Place: Equatable, Sendable {
        /// As it was given; canonical where that could be found out.
        var path: String
        var answer: SurveyAnswer
        /// What holds it, by the mount table; nil where that could not be told.
        var mount: MountTable.Entry?
        /// Something is mounted exactly here.
        var isMountPoint = false
        /// Of the device that holds it (`read_ahead_kb`); nil where the kernel does not say.
        var readaheadKibibytes: Int?

        var family: FileSystemFamily {
            mount.map { FileSystemFamily(type: $0.fileSystemType) } ?? .local
        }
    }

    enum Daemon: Equatable, Sendable {
        /// The view is not mounted.
        case none
        case answers(StatusReport)
        /// In words.
        case silent(String)
        /// Somebody else's, whom we may not ask.
        case others(UInt32)
    }

    enum Measurement: Equatable, Sendable {
        case notAsked
        case done(SurveyAnswer)
    }

    /// Who runs doctor.
    var userID: UInt32
    var share: Place
    var view: Place
    /// nil: nobody knows where it is to be.
    var cache: Place?
    var daemon: Daemon
    /// As mounted, or as it is to be mounted.
    var diskLimit = ByteCount.gibibytes(5)
    var freeSpaceMin = DiskTier.freeSpaceMinUsual
    var isReadOnly = false
    var allowOther = false
    /// How `sshfs` was started for the share; nil where that is not seen.
    var sshfsArguments: [String]?
    var measurement = Measurement.notAsked
}

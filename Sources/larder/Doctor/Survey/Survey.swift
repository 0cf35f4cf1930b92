import Model
import Platform

/// What is to be found out about a directory that may hang.
///
/// A process of its own looks (``Surveyor``), since a thread that is stuck in the kernel would keep ours from ending.
struct Survey: Equatable, Sendable {
    static let commandName = "survey-directory"

    enum Scope: String, Sendable {
        /// Whether it answers: for what is mounted. Nothing in it is listed.
        case answer
        /// Also whose it is, what is in it and on it.
        case look
        /// Also whether its file system gives holes back, by trying: for a cache.
        case holes
        /// How fast files in it are read.
        case measure
    }

    var scope: Scope
    var path: String

    init(_ scope: Scope, _ path: String) {
        self.scope = scope
        self.path = path
    }

    /// From what ``arguments`` made.
    init?(arguments: [String]) {
        guard arguments.count == 2, let scope = Scope(rawValue: arguments[0]) else { return nil }
        self.init(scope, arguments[1])
    }

    var arguments: [String] { [Self.commandName, "--", scope.rawValue, path] }
}

/// What a ``Survey`` found.
enum SurveyAnswer: Equatable, Sendable {
    /// nil for ``Survey/Scope/answer``.
    case found(DirectorySurvey?)
    case measured(ShareMeasurement)
    case failed(Errno)
    /// Nothing was heard within the time.
    case silent(Duration)

    var directory: DirectorySurvey? {
        guard case .found(let directory) = self else { return nil }
        return directory
    }
}

/// A directory as it was found.
struct DirectorySurvey: Codable, Equatable, Sendable {
    /// What became of the attempt to punch a hole into a file.
    enum Holes: Codable, Equatable, Sendable {
        /// It reads as zeros, and the file takes less room.
        case given
        /// It reads as zeros, and the file takes as much room as before.
        case kept
        /// An error number.
        case refused(Int32)
        /// No file could be made to try; an error number.
        case untried(Int32)
    }

    var probe: DirectoryProbe
    var userID: UInt32
    /// Permission bits.
    var mode: UInt32
    var mayRead: Bool
    var mayWrite: Bool
    /// On its file system, for an ordinary user.
    var bytesAvailable: Int64
    /// How long all of that took, without the start of the process that looked.
    var milliseconds: Double
    var isSlow: Bool { milliseconds > Surveyor.slowTime.inSeconds * 1000 }
    var holes: Holes?
    /// Whether root, who looked, was kept from something that is somebody else's; nil where there was nothing to tell it by.
    var refusesRoot: Bool?
    /// Parts of the path that do not exist, below the directory that was looked at.
    var missing: [String] = []
}

/// What is in force in a daemon, and where it came from, as `larder config show --json` prints it.
///
/// Stable like ``StatusReport``: fields are added, never renamed or given another meaning.
public struct ConfigurationReport: Codable, Hashable, Sendable {
    public static let versionNow = 1

    public enum Origin: String, Codable, Hashable, Sendable {
        case usual = "default"
        case file
        case commandLine
    }

    public struct Option: Codable, Hashable, Sendable {
        public var name: String
        /// Of the configuration file; nil above all sections.
        public var section: String?
        /// As the command line takes it; nil where nothing is set.
        public var value: String?
        public var origin: Origin
        /// Where in the file, from 1.
        public var line: Int?
        /// It came, or changed, with a reload.
        public var reloaded: Bool
        /// It can change while the view is mounted.
        public var live: Bool
        /// What the file says by now, which a remount would bring.
        public var afterRemount: String?

        public init(
            name: String, section: String?, value: String?, origin: Origin, line: Int? = nil,
            reloaded: Bool = false, live: Bool = false, afterRemount: String? = nil
        ) {
            self.name = name
            self.section = section
            self.value = value
            self.origin = origin
            self.line = line
            self.reloaded = reloaded
            self.live = live
            self.afterRemount = afterRemount
        }
    }

    public var version = Self.versionNow
    public var viewPath: String
    /// nil: the view was mounted without one.
    public var file: String?
    public var options: [Option]

    public init(viewPath: String, file: String?, options: [Option]) {
        self.viewPath = viewPath
        self.file = file
        self.options = options
    }
}

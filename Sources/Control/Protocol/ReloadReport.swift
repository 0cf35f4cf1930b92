/// What came of reading the configuration file again.
public struct ReloadReport: Codable, Hashable, Sendable {
    public enum Outcome: String, Codable, Hashable, Sendable {
        /// In force is what the file says, except for ``ReloadReport/needsRemount``.
        case applied
        /// The file is wrong: nothing has changed.
        case refused
        /// It could not be read: nothing has changed.
        case unreadable
        /// The view was mounted without a file.
        case noFile
    }

    public struct Change: Codable, Hashable, Sendable {
        public var option: String
        /// nil where nothing is set.
        public var before: String?
        public var after: String?

        public init(option: String, before: String?, after: String?) {
            self.option = option
            self.before = before
            self.after = after
        }
    }

    public var outcome: Outcome
    public var file: String?
    public var changed: [Change] = []
    /// What the file says otherwise, and only a new mount can bring.
    public var needsRemount: [Change] = []
    /// What is wrong with the file, a line for each.
    public var problem: String?

    public init(_ outcome: Outcome, file: String? = nil, problem: String? = nil) {
        self.outcome = outcome
        self.file = file
        self.problem = problem
    }
}

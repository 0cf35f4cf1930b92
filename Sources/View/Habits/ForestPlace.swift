/// Where a view's forest lies, and who grows it.
public struct ForestPlace: Sendable {
    /// Of the model's file and, while it is made, that of the samples.
    public var directory: String
    /// Absolute path of `larder-train`; nil where it is not installed.
    public var program: String?

    public init(directory: String, program: String?) {
        self.directory = directory
        self.program = program
    }
}

/// A trace, or the list of files beside it, that cannot be replayed.
public struct TraceError: Error, Hashable, CustomStringConvertible {
    /// As the person named it.
    public var path: String
    /// Counts from 1; 0 where the file as a whole is meant.
    public var line: Int
    public var problem: String

    public init(path: String, line: Int, problem: String) {
        self.path = path
        self.line = line
        self.problem = problem
    }

    public var description: String {
        line > 0 ? "\(path):\(line): \(problem)" : "\(path): \(problem)"
    }
}

/// Where something is written in a text: line and column from 1, the column in characters (Unicode scalars).
public struct TOMLPosition: Hashable, Comparable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: TOMLPosition, right: TOMLPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A value of a TOML text, with the place where it is written.
public struct TOMLValue: Hashable, Sendable {
    public enum Content: Hashable, Sendable {
        case string(String)
        case integer(Int64)
        case boolean(Bool)
        /// See ``TOMLValue/source``: nothing here needs it as a number.
        case float
        /// A date, a time, or both; see ``TOMLValue/source``.
        case time
        case array([TOMLValue])
        /// In the order of the text.
        case table([TOMLEntry])
    }

    public var content: Content
    public var position: TOMLPosition
    /// As it is written; of a table its header or its first key.
    public var source: String

    /// What it is, in words that follow "found".
    public var kind: String {
        switch content {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "a boolean"
        case .float: "a fraction"
        case .time: "a date or time"
        case .array: "an array"
        case .table: "a section"
        }
    }
}

/// A key with its value.
public struct TOMLEntry: Hashable, Sendable {
    public var key: String
    public var position: TOMLPosition
    public var value: TOMLValue
}

/// What is wrong with a text, and where.
public struct TOMLError: Error, Hashable, Sendable {
    public var position: TOMLPosition
    /// One line, for people.
    public var message: String

    public init(_ position: TOMLPosition, _ message: String) {
        self.position = position
        self.message = message
    }
}

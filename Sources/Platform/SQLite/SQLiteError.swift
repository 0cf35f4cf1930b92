import CSQLite

/// What went wrong in SQLite, sorted by what a caller can do about it.
public struct SQLiteError: Error, Hashable, Sendable {
    public enum Code: Hashable, Sendable {
        /// The file's structure is broken: set it aside.
        case corrupt
        /// The file is something else, or its first page is broken.
        case notADatabase
        /// No room on the file system.
        case full
        /// The disk or the file system refused.
        case ioError
        case readOnly
        /// Another process or connection holds a lock.
        case busy
        case cannotOpen
        case outOfMemory
        /// A constraint of the schema, or a statement that does not fit it: a defect, or a damaged schema.
        case misuse
        case other
    }

    public var code: Code
    /// SQLite's extended result code.
    public var number: Int32
    /// SQLite's own words, for the log.
    public var message: String

    init(number: Int32, message: String) {
        self.number = number
        self.message = message
        switch number & 0xFF {
        case SQLITE_CORRUPT: code = .corrupt
        case SQLITE_NOTADB: code = .notADatabase
        case SQLITE_FULL: code = .full
        case SQLITE_IOERR: code = .ioError
        case SQLITE_READONLY: code = .readOnly
        case SQLITE_BUSY, SQLITE_LOCKED: code = .busy
        case SQLITE_CANTOPEN: code = .cannotOpen
        case SQLITE_NOMEM: code = .outOfMemory
        case SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_MISUSE, SQLITE_RANGE,
            SQLITE_SCHEMA:
            code = .misuse
        default: code = .other
        }
    }

    /// A database that SQLite finds sound and its reader does not.
    public init(damage message: String) {
        self.init(number: SQLITE_CORRUPT, message: message)
    }

    /// A lock that SQLite reports as a value instead of a result code.
    public init(busy message: String) {
        self.init(number: SQLITE_BUSY, message: message)
    }

    /// Whether the file itself is at fault and will stay so.
    public var meansDamage: Bool {
        switch code {
        case .corrupt, .notADatabase, .misuse: true
        default: false
        }
    }
}

extension SQLiteError: CustomStringConvertible {
    public var description: String { "\(message) (SQLite \(number))" }
}

import Platform

/// Why a history's file was not opened.
enum HistoryOpeningFailure: Error {
    /// It is left alone.
    case refused(HistoryError)
    /// SQLite's word, which may mean that the file is to be set aside.
    case sqlite(SQLiteError)

    var asHistoryError: HistoryError {
        switch self {
        case .refused(let error): error
        case .sqlite(let error): HistoryError(error)
        }
    }
}

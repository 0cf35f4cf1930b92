/// Bytes that are no Universal Binary JSON, and where that was found.
struct UBJSONError: Error, Equatable, CustomStringConvertible {
    var offset: Int
    var what: String

    var description: String { "UBJSON at byte \(offset): \(what)" }
}

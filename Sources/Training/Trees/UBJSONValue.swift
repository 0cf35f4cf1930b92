/// A value of Universal Binary JSON (ubjson.org, draft 12).
///
/// Arrays of one type of number are kept as such: a forest has millions of them.
enum UBJSONValue: Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case numbers([Double])
    case floats([Float])
    case integers([Int64])
    case array([UBJSONValue])
    case object([String: UBJSONValue])

    subscript(key: String) -> UBJSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var array: [UBJSONValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    /// Numbers as integers; nil where one is none.
    var integers: [Int64]? {
        switch self {
        case .integers(let values): values
        case .array(let values) where values.isEmpty: []
        default: nil
        }
    }

    var floats: [Float]? {
        switch self {
        case .floats(let values): values
        case .array(let values) where values.isEmpty: []
        default: nil
        }
    }
}

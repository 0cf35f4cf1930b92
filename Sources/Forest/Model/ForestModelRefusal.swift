public import Model

import Platform

/// Why a file is not taken for a model.
public enum ForestModelRefusal: Error, Equatable, Sendable {
    /// It could not be read.
    case unreadable(Errno)
    /// It is larger than any model is.
    case tooLarge
    /// It does not begin like a model.
    case foreign
    /// Of another format than this program's.
    case otherVersion(UInt32)
    /// Shorter or longer than it says itself.
    case truncated
    /// Its checksum is not that of its content.
    case damaged
    /// It has features that this program does not know.
    case unknownFeature(String)
    /// Its content is none that a model has, though nothing happened to it: whoever wrote it is to blame.
    case senseless(String)
}

extension ForestModelRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let error): "cannot be read: \(error.message)"
        case .tooLarge: "is larger than a model can be"
        case .foreign: "is no model of Larder's"
        case .otherVersion(let version): "has format version \(version), which is not ours"
        case .truncated: "is not whole"
        case .damaged: "is damaged: its checksum is another"
        case .unknownFeature(let name): "needs the feature '\(name)', which is not known here"
        case .senseless(let what): "makes no sense: \(what)"
        }
    }
}

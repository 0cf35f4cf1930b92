/// What is known of the extended attributes of one file.
///
/// Nearly all files have none of those that the kernel and `ls -l` ask for: that takes a few bits.
public struct AttributeKnowledge: Hashable, Sendable {
    /// What is asked: `listxattr(2)` or `getxattr(2)`.
    public enum Question: Hashable, Sendable {
        case names
        case value(Name)
    }

    /// Questions that are asked of nearly every file. Bits are stored (docs/DISK_FORMAT.md): they keep their meaning.
    public struct Common: OptionSet, Hashable, Sendable {
        public var rawValue: UInt8

        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        public static let names = Common(rawValue: 1 << 0)
        public static let accessACL = Common(rawValue: 1 << 1)
        public static let defaultACL = Common(rawValue: 1 << 2)
        public static let capability = Common(rawValue: 1 << 3)
        public static let securityContext = Common(rawValue: 1 << 4)
        public static let nfs4ACL = Common(rawValue: 1 << 5)

        static let all: Common = [
            .names, .accessACL, .defaultACL, .capability, .securityContext, .nfs4ACL,
        ]

        /// nil for a question that is asked of few files.
        public init?(_ question: Question) {
            switch question {
            case .names: self = .names
            case .value(let name):
                guard let common = Self.byName[name] else { return nil }
                self = common
            }
        }

        private static let byName: [Name: Common] = [
            .accessACL: .accessACL, .defaultACL: .defaultACL, "security.capability": .capability,
            "security.selinux": .securityContext, .nfs4ACL: .nfs4ACL,
        ]
    }

    public enum Answer: Hashable, Sendable {
        case value([UInt8])
        /// The file has it not (`ENODATA`).
        case absent
        /// The file cannot have it (`EOPNOTSUPP`).
        case unsupported
    }

    /// What the file has not; of the names: it has none.
    public var absent: Common
    public var unsupported: Common
    /// What these bits cannot say.
    public var answers: [Question: Answer]

    public init(
        absent: Common = [], unsupported: Common = [], answers: [Question: Answer] = [:]
    ) {
        self.absent = absent
        self.unsupported = unsupported
        self.answers = answers
    }

    public var isEmpty: Bool { absent.isEmpty && unsupported.isEmpty && answers.isEmpty }

    /// Whether it can have been known of a file.
    public var isPossible: Bool {
        absent.isSubset(of: .all) && unsupported.isSubset(of: .all)
            && absent.isDisjoint(with: unsupported)
    }
}

extension AttributeKnowledge.Answer {
    /// nil for an error that says nothing of the attribute.
    public init?(_ result: Result<[UInt8], Errno>) {
        switch result {
        case .success(let value): self = .value(value)
        case .failure(.noData): self = .absent
        case .failure(.notSupported): self = .unsupported
        case .failure: return nil
        }
    }

    public var result: Result<[UInt8], Errno> {
        switch self {
        case .value(let value): .success(value)
        case .absent: .failure(.noData)
        case .unsupported: .failure(.notSupported)
        }
    }
}

extension Name {
    public static let accessACL: Name = "system.posix_acl_access"
    public static let defaultACL: Name = "system.posix_acl_default"
    public static let nfs4ACL: Name = "system.nfs4_acl"
}

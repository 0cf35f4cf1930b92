/// What `larder --version` and status reports say.
enum Version {
    static let number = "0.1.0"
    static let text = "larder \(number)"
}

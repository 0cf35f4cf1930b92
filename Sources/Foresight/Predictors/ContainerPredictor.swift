import Model

/// Head and tail of a container: players want its index at once.
struct ContainerPredictor: Predictor {
    var habits = ContainerHabits()

    mutating func opened(
        _ event: OpenEvent, in scene: inout Scene, among neighbours: borrowing some Neighbourhood,
        _ plan: inout PrefetchPlan
    ) {
        let facts = event.file
        guard facts.contentType == .media, let place = scene.files.place(of: facts.number),
            scene.files[place].reads == 0,
            scene.arbiter.allows(.container, [.rest, .budget, .allowance])
        else { return }
        let tail = habits.tail(
            for: facts, chanceMin: Double(scene.arbiter.strategy.current.chanceMin))
        guard tail > 0 else { return }
        let unit = scene.arbiter.tuning.unit
        let because = Prediction.Because(confidence: 0.75)
        scene.propose(
            Candidate(
                place, 0..<min(facts.size, 4 * unit), probability: 0.9, .container, because),
            at: event.at, &plan)
        let start = (facts.size - tail) / unit * unit
        scene.propose(
            Candidate(place, start..<facts.size, probability: 0.75, .container, because),
            at: event.at, &plan)
    }
}

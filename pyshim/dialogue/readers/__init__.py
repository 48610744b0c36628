"""What does a clause say, to somebody who knows what was asked?

For each open question there is a list of readers; the first that finds something has read the clause. Surer evidence comes first:
a model's word is heard only where nothing that was asked for was said.
"""

from pyshim.dialogue.readers import beside, confirmation, corrections, found, idle, values
from pyshim.dialogue.readers.found import Reader
from pyshim.dialogue.reducer import Open

NOTHING: tuple[Reader, ...] = (
    idle.erase,
    corrections.go_on,
    corrections.status,
    idle.bare_value,
    idle.insult,
    idle.in_a_dialogue,
    idle.meant,
)
READERS: dict[Open, tuple[Reader, ...]] = {
    Open.NOTHING: NOTHING,
    Open.OFFER: (idle.chosen, *NOTHING),
    Open.SLOT: (
        idle.erase,
        confirmation.opposite,
        corrections.go_on,
        corrections.status,
        corrections.back,
        beside.proposed,
        values.listed,
        corrections.corrected,
        values.part,
        values.alone,
        values.known_again,
        beside.dropped,
        idle.insult,
        beside.aside,
        beside.strange,
        found.sets,
        values.any_text,
        beside.question,
        beside.likely,
        beside.once_more,
    ),
    Open.CONFIRM: (
        idle.erase,
        confirmation.opposite,
        values.queued,
        confirmation.given,
        corrections.go_on,
        corrections.status,
        values.listed,
        values.another,
        confirmation.amended,
        confirmation.changed_alone,
        corrections.back,
        beside.proposed,
        corrections.corrected,
        confirmation.half_named,
        confirmation.against,
        beside.dropped,
        idle.insult,
        beside.aside,
        confirmation.changed,
        beside.strange,
        beside.question,
        confirmation.no,
        beside.denies,
        confirmation.model_yes,
        beside.likely,
        beside.once_more,
    ),
    Open.CODE: (
        corrections.code,
        idle.erase,
        corrections.resend,
        corrections.go_on,
        corrections.status,
        corrections.back,
        corrections.corrected,
        beside.dropped,
        idle.insult,
        beside.aside,
        confirmation.no,
        beside.once_more,
    ),
}

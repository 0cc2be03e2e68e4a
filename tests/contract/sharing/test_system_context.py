"""Does what a transaction reads in system context have every right, whoever sharing would let see it?"""

from tests.contract.places import Place
from tests.contract.sharing.world import World, custom, objects

from isthmus.kernel.database import Database
from isthmus.kernel.errors import Fault
from isthmus.org.limits.request_time import RequestTime
from isthmus.org.org.running import Running
from isthmus.org.save.unit_of_work import UnitOfWork


def test_system_context_reads_what_sharing_hides(database: Database, place: Place) -> None:
    world = World(database, place.open_immediate(), objects({}, custom("Secret__c", "Private")))
    one, two = world.user("one"), world.user("two")
    hidden = world.new("Secret__c", by=one, Name="hidden", Ext__c="A-1")

    def found(running: Running) -> tuple[int, bool, list[str]]:
        try:
            retrieved = running.retrieve("Secret__c", hidden).total_size == 1
        except Fault:
            retrieved = False
        queried = running.query("SELECT Id FROM Secret__c").total_size
        return queried, retrieved, running.find_by_external_id("Secret__c", "Ext__c", "A-1")

    def work(unit: UnitOfWork) -> tuple[object, object, object]:
        running = Running(unit, world.queries, RequestTime(world.clock))
        before = found(running)
        with unit.system_context():
            within = found(running)
        return before, within, found(running)

    nothing: tuple[int, bool, list[str]] = (0, False, [])
    assert world.run(work, two) == (nothing, (1, True, [hidden]), nothing)

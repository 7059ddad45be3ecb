"""SQLAlchemy: models, relations, events, queries over SQLite; its asynchronous half runs upon greenlets."""

from results import show
from sqlalchemy import Column, ForeignKey, Integer, String, create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Session, declarative_base, joinedload, relationship, selectinload
from sqlalchemy.util import greenlet_spawn, await_only
import asyncio

Base = declarative_base()


class Farmer(Base):
    __tablename__ = "farmer"
    id = Column(Integer, primary_key=True)
    name = Column(String, unique=True)
    hens = relationship("Hen", back_populates="farmer", order_by="Hen.id", cascade="all, delete-orphan")


class Hen(Base):
    __tablename__ = "hen"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    eggs = Column(Integer, default=lambda: 3)
    farmer_id = Column(ForeignKey("farmer.id"))
    farmer = relationship(Farmer, back_populates="hens")

    @hybrid_property
    def busy(self):
        return self.eggs > 5


engine = create_engine("sqlite://")
statements = []
event.listen(engine, "before_cursor_execute", lambda c, cursor, statement, *rest: statements.append(statement))
Base.metadata.create_all(engine)
with Session(engine) as session:
    for n in range(20):
        session.add(
            Farmer(name=f"farmer {n}", hens=[Hen(name=f"hen {n}.{m}", eggs=m if m else None) for m in range(n % 9)])
        )
    session.commit()
    query = select(Farmer).options(selectinload(Farmer.hens)).order_by(Farmer.id)
    for farmer in session.scalars(query):
        show(farmer.name, [(hen.name, hen.eggs, hen.busy) for hen in farmer.hens])
    show("busy", session.scalars(select(Hen.name).where(Hen.busy).order_by(Hen.name)).all())
    joined = select(Farmer.name, func.sum(Hen.eggs)).join(Hen).group_by(Farmer.id).having(func.count() > 3)
    show("sums", session.execute(joined).all())
    show("sql", joined)
    session.add(Farmer(name="farmer 1"))
    try:
        session.flush()
    except IntegrityError as error:
        show("error", error.orig)
        session.rollback()
    session.delete(session.get(Farmer, 9))
    session.commit()
    show("left", session.scalar(select(func.count()).select_from(Hen)))
show("statements", statements)


async def answer(value):
    await asyncio.sleep(0)
    return value * 2


show("greenlets", asyncio.run(greenlet_spawn(lambda: [await_only(answer(n)) for n in range(20)])))
